/** Backend of the embedded trainer (trainers/onnx): its job is core/onnx-job.ts, its process a Node program of this package. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { FileEntry, HashedFile } from '../../core/checkpoint.js';
import { dotted } from '../../core/dotted.js';
import { StagewrightError } from '../../core/failures.js';
import type { Command } from '../../core/launch.js';
import { onnxCheckpointSchema, onnxJobSchema, type OnnxJob } from '../../core/onnx-job.js';
import { parseRecord } from '../../store/records.js';
import { distFile } from '../../store/dist-file.js';
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
      ...(stage.verifier === null ? {} : { verifier: stage.verifier }),
      data: {
        ...data,
        order: stage.order,
        ...(stage.order_per_epoch === undefined ? {} : { order_per_epoch: stage.order_per_epoch }),
      },
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
    return { ...parsed, resume, output: { ...parsed.output, export: folder } } as Json;
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
  spreadsOrder: true,
  cannot: ({ objective, data: { name } }, { rows, withoutResponse: without }) =>
    objective.kind === 'sft' && without > 0
      ? `SFT needs meta.response in every row; ${without} of the ${rows} rows of data set "${name}" have none`
      : null,
  overrides: (job) => {
    const { schema: _, resume: __, model, data, init, ...rest } = onnxJobSchema.parse(job);
    const { sha256: ___, ...start } = init.kind === 'scratch' ? { ...init, sha256: '' } : init;
    return flattened({ ...rest, model: model.folder, data: dataOf(data), init: start });
  },
  sizes: async (folder) => {
    const { parameters } = modelSizesSchema.parse(JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')));
    const weights = parameters.reduce((sum, { shape }) => sum + BYTES_OF_FLOAT * shape.reduce((a, b) => a * b, 1), 0);
    // Headers name each tensor: of the weights once, of Adam's two moments twice.
    const header = parameters.reduce((sum, { name }) => sum + name.length + HEADER_OF_TENSOR, 0);
    return { checkpoint: 3 * (weights + header), export: weights + header };
  },
};

const dataOf = ({ rows_sha256: _, ...data }: OnnxJob['data']): object => data;

const BYTES_OF_FLOAT = 4;
/** `"":{"dtype":"F32","shape":[64,64],"data_offsets":[100000,200000]},` without the name. */
const HEADER_OF_TENSOR = 66;
const modelSizesSchema = z.object({ parameters: z.array(z.object({ name: z.string(), shape: z.array(z.int()) })) });

/** By dotted names, as text. */
const flattened = (value: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(dotted(value)).map(([name, inner]) => [
      name,
      typeof inner === 'string' ? inner : JSON.stringify(inner),
    ]),
  );

function hashed({ path, size, sha256 }: FileEntry): HashedFile {
  if (sha256 === undefined) throw new StagewrightError('Internal', `checkpoint file ${path} has no sha256`);
  return { path, size, sha256 };
}

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
