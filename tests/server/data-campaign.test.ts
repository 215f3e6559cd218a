/** The campaign of derived data in small: what `npm run data-campaign` asserts of 100,000 captions, of some hundreds, every time. */
import { afterAll, expect, test } from 'vitest';
import { runDataCampaign } from '../../campaign/data-campaign.js';
import { temporaryFolder } from '../support/cli.js';

const { path: folder, remove } = temporaryFolder();
afterAll(remove);

test('worker, model server and Temporal server killed: the same bytes, and no journaled answer is asked for again', async () => {
  const verdict = await runDataCampaign({ captions: 600, kills: 3, folder, say: () => undefined });
  expect(verdict.problems).toEqual([]);
  expect(verdict.kept).toBeGreaterThan(300);
});
