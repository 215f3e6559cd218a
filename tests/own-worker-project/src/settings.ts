/** Where this program keeps its runs, and which server it asks. */
import { defineSettings } from 'stagewright';

export const settings = defineSettings({
  home: 'runs',
  queuePrefix: 'sight-before-thought',
  address: process.env['TEMPORAL_ADDRESS'],
});
