/** The backend of stand-in-trainer.mjs, loaded by STAGEWRIGHT_BACKENDS as an installation's own would be. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TRAINER = join(dirname(fileURLToPath(import.meta.url)), 'stand-in-trainer.mjs');
const command = (verb, jobFile) => ({
  argv: [process.execPath, TRAINER, verb, jobFile],
  cwd: dirname(jobFile),
  env: {},
});

export const backend = {
  name: 'stand-in',
  version: '1',
  render: ({ stage, outputs, resume, runFolder }) => ({
    job: { steps: stage.objective.training.steps, save_every: 5, step_ms: 10, resume, script: {}, ...outputs },
    train: command('train', join(runFolder, 'train-job.json')),
    export: command('export', join(runFolder, 'export-job.json')),
  }),
  exportCommand: (jobFile) => command('export', jobFile),
  outputs: ({ metrics, checkpoints, export: folder }) => ({ metrics, checkpoints, export: folder }),
  exportJob: (job, final, folder) => ({ ...job, resume: final, export: folder }),
  readCheckpoint: async (folder) => {
    const bytes = await readFile(join(folder, 'checkpoint.json'));
    const { step, files, data_position } = JSON.parse(bytes.toString('utf8'));
    const own = {
      path: 'checkpoint.json',
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
    return { step, files: [...files, own], data_position };
  },
  stepOf: (line) => {
    try {
      return JSON.parse(line).step ?? null;
    } catch {
      return null;
    }
  },
  topology: () => ({}),
};
