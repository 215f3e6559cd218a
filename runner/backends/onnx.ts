/** Backend of the embedded trainer (trainers/onnx): its job is core/onnx-job.ts, its process a Node program of this package. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { StagewrightError } from '../../core/failures.js';
import type { Command } from '../../core/launch.js';
import { onnxCheckpointSchema, onnxJobSchema, type OnnxJob } from '../../core/onnx-job.js';
import { parseRecord } from '../../store/records.js';
import { distFile } from '../dist-file.js';
import { runFiles } from '../run-folder.js';
import type { Backend, Json } from './backend.js';

/** Of the trainer's export: what the next stage starts from. */
export const WEIGHTS_FILE = 'model.safetensors';
const CHECKPOINT_FILE = 'checkpoint.json';
const stepLine = z.object({ step: z.int().min(1) });

export const onnxBackend: Backend = {
  name: 'onnx',
  version: '1',
  render: ({ stage, modelFolder, data, parent, resume, outputs, runFolder }) => {
    const weights = parent?.files.find((file) => file.path === WEIGHTS_FILE);
    if (parent !== null && weights === undefined)
      throw new StagewrightError('Internal', `the parent's export ${parent.folder} has no ${WEIGHTS_FILE}`);
    const job: OnnxJob = {
      schema: 'stagewright/onnx-job@1',
      model: { folder: modelFolder, sha256: stage.model.sha256 },
      objective: stage.objective,
      data: { ...data, order: stage.order },
      seed: stage.seed,
      init:
        parent === null || weights === undefined
          ? { kind: 'scratch' }
          : { kind: 'weights', file: join(parent.folder, weights.path), sha256: weights.sha256 },
      resume: resume === null ? null : { ...resume, files: resume.files.map(hashed) },
      threads: stage.execution.threads,
      save_every_steps: stage.checkpoints.save_every_steps,
      output: { ...outputs },
    };
    return {
      job: onnxJobSchema.parse(job) as Json,
      train: command('train', runFiles.trainJob(runFolder)),
      export: command('export', runFiles.exportJob(runFolder)),
    };
  },
  exportCommand: (jobFile) => command('export', jobFile),
  outputs: (job) => onnxJobSchema.parse(job).output,
  exportJob: (job, final, folder) => {
    const parsed = onnxJobSchema.parse(job);
    const resume = { ...final, files: final.files.map(hashed) };
    return { ...parsed, resume, output: { ...parsed.output, export: folder } };
  },
  readCheckpoint: async (folder) => {
    const file = join(folder, CHECKPOINT_FILE);
    const bytes = await readFile(file);
    const { step, files, data_position } = parseRecord(bytes.toString('utf8'), file, onnxCheckpointSchema);
    const own = { path: CHECKPOINT_FILE, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    return { step, files: [...files, own], data_position };
  },
  stepOf: (line) => {
    const parsed = stepLine.safeParse(parseJson(line));
    return parsed.success ? parsed.data.step : null;
  },
  topology: (job) => ({ threads: onnxJobSchema.parse(job).threads }),
};

const hashed = ({ path, size, sha256 }: { path: string; size: number; sha256: string }) => ({ path, size, sha256 });

function command(verb: 'train' | 'export', jobFile: string): Command {
  return {
    argv: [process.execPath, distFile('trainers/onnx/main.js'), verb, jobFile],
    cwd: dirname(jobFile),
    env: {},
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
