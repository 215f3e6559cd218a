/**
 * A folder of weights in Hugging Face form, as trainers export it and the next stage or a server loads it: whether it is whole, by its
 * configuration, its index and the headers of its safetensors files. Reads headers only; sha256 of the bytes is hand-over's.
 */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StagewrightError } from '../../core/failures.js';
import { faultOf, isMissing, throwFault } from '../../store/faults.js';

const INDEX = 'model.safetensors.index.json';
/** Of which one stands beside every model that can answer. */
const TOKENIZERS = ['tokenizer.json', 'tokenizer_config.json', 'vocab.json', 'tokenizer.model'];
/** Bits of an element; names with a digit at the end say their own. */
const ODD_DTYPES: Readonly<Record<string, number>> = { BOOL: 8, F8_E4M3: 8, F8_E5M2: 8, F4: 4 };

const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

export interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
}
export interface HfWeights {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Elements of all tensors. */
  readonly parameters: number;
  /** Of all safetensors files. */
  readonly bytes: number;
}

/** @throws StagewrightError ExportCorrupt naming the file and what is wrong. */
export async function checkHfFolder(folder: string): Promise<HfWeights> {
  const names = await readdir(folder).catch((error: unknown) => {
    throwFault(error, folder);
    throw corrupt(folder, 'cannot be read');
  });
  await configOf(folder);
  if (!TOKENIZERS.some((name) => names.includes(name)))
    throw corrupt(folder, `has no tokenizer (none of ${TOKENIZERS.join(', ')})`);
  return weightsOf(folder, names);
}

/** The tensors of a folder, its other files unseen. @throws StagewrightError ExportCorrupt */
export async function weightsOf(folder: string, names?: readonly string[]): Promise<HfWeights> {
  const files = (names ?? (await readdir(folder))).filter((name) => name.endsWith('.safetensors')).sort();
  if (files.length === 0) throw corrupt(folder, 'has no .safetensors file: weights were not exported');
  const tensors = new Map<string, Tensor>();
  const fileOf = new Map<string, string>();
  let bytes = 0;
  for (const name of files) {
    const header = await readHeader(join(folder, name));
    bytes += header.bytes;
    for (const [key, tensor] of header.tensors) {
      if (fileOf.has(key)) throw corrupt(join(folder, name), `holds ${key}, and so does ${fileOf.get(key) ?? ''}`);
      fileOf.set(key, name);
      tensors.set(key, tensor);
    }
  }
  await checkIndex(folder, fileOf, files.length);
  const parameters = [...tensors.values()].reduce((sum, { shape }) => sum + elements(shape), 0);
  return { tensors, parameters, bytes };
}

async function configOf(folder: string): Promise<void> {
  const config = await readJson(join(folder, 'config.json'));
  const parsed = z.object({ model_type: z.string().min(1) }).safeParse(config);
  if (!parsed.success) throw corrupt(join(folder, 'config.json'), 'names no model_type');
}

async function checkIndex(folder: string, fileOf: ReadonlyMap<string, string>, files: number): Promise<void> {
  const file = join(folder, INDEX);
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (!exists) {
    // Loaders look for one file of this name, or for an index.
    if (files > 1) throw corrupt(folder, `has ${files} .safetensors files and no ${INDEX}`);
    return;
  }
  const parsed = indexSchema.safeParse(await readJson(file));
  if (!parsed.success) throw corrupt(file, 'has no weight_map');
  for (const [key, name] of Object.entries(parsed.data.weight_map))
    if (fileOf.get(key) !== name)
      throw corrupt(
        file,
        `places ${key} in ${name}, where ${fileOf.get(key) === undefined ? 'no file has it' : `${fileOf.get(key) ?? ''} has it`}`,
      );
  for (const [key, name] of fileOf)
    if (!Object.hasOwn(parsed.data.weight_map, key)) throw corrupt(file, `does not name ${key}, which ${name} holds`);
}

async function readHeader(file: string): Promise<{ tensors: Map<string, Tensor>; bytes: number }> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw faultOf(error, file);
  });
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(8);
    if (size < 8 || (await handle.read(head, 0, 8, 0)).bytesRead < 8) throw corrupt(file, `is only ${size} bytes long`);
    const length = Number(head.readBigUInt64LE());
    if (length > size - 8) throw corrupt(file, `promises a header of ${length} bytes and has ${size}`);
    const text = Buffer.alloc(length);
    await handle.read(text, 0, length, 8);
    const { __metadata__: _, ...rest } = parse(file, text.toString('utf8'));
    const tensors = new Map<string, Tensor>();
    let end = 0;
    for (const [key, value] of Object.entries(rest)) {
      const parsed = tensorSchema.safeParse(value);
      if (!parsed.success) throw corrupt(file, `tensor ${key} is described in no known way`);
      const { dtype, shape, data_offsets } = parsed.data;
      const [from, to] = data_offsets;
      const bits = ODD_DTYPES[dtype] ?? Number(/\d+$/.exec(dtype)?.[0] ?? Number.NaN);
      if (to - from !== (elements(shape) * bits) / 8)
        throw corrupt(file, `tensor ${key} of ${dtype} [${shape.join(', ')}] takes ${to - from} bytes`);
      end = Math.max(end, to);
      tensors.set(key, { dtype, shape });
    }
    if (8 + length + end !== size) throw corrupt(file, `is ${size} bytes long instead of ${8 + length + end}`);
    return { tensors, bytes: size };
  } finally {
    await handle.close();
  }
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throwFault(error, file);
    throw corrupt(file, isMissing(error) ? 'is missing' : 'cannot be read');
  });
  return parse(file, text);
}

function parse(file: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw corrupt(file, 'is no JSON object');
}

const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function corrupt(path: string, why: string): StagewrightError {
  return new StagewrightError('ExportCorrupt', `${path} ${why}`, { path });
}
