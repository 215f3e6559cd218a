/**
 * The safetensors format (https://github.com/huggingface/safetensors, "Format"): 8 bytes header length, JSON header, raw
 * little-endian data. Writes the same bytes for the same tensors; reads only what it writes: F32 and I64.
 */
import { z } from 'zod';
import { StagewrightError } from '../../core/failures.js';

export type StoredTensor =
  | { readonly dtype: 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'I64'; readonly shape: readonly number[]; readonly data: BigInt64Array };

const headerSchema = z.record(
  z.string(),
  z.object({
    dtype: z.enum(['F32', 'I64']),
    shape: z.array(z.int().min(0)),
    data_offsets: z.tuple([z.int(), z.int()]),
  }),
);

/** Tensors stand in the order of the map. */
export function encodeSafetensors(tensors: ReadonlyMap<string, StoredTensor>): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8;
  const file = Buffer.alloc(8 + padded + end, ' ');
  file.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(file, 8);
  let at = 8 + padded;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * @param where the file's path, for errors.
 * @throws StagewrightError DigestMismatch when the bytes are no such file.
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): Map<string, StoredTensor> {
  try {
    const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = 8 + Number(file.readBigUInt64LE(0));
    const parsed = JSON.parse(file.toString('utf8', 8, start)) as Record<string, unknown>;
    delete parsed.__metadata__;
    const tensors = new Map<string, StoredTensor>();
    for (const [name, { dtype, shape, data_offsets }] of Object.entries(headerSchema.parse(parsed))) {
      const [from, to] = data_offsets;
      const count = shape.reduce((product, size) => product * size, 1);
      if (to - from !== count * (dtype === 'F32' ? 4 : 8) || start + to > file.length)
        throw new Error(`tensor ${name} does not fit its shape [${shape.join(', ')}]`);
      // Copied, since the data need not be aligned within the file's buffer.
      const data = new Uint8Array(file.subarray(start + from, start + to)).buffer;
      tensors.set(
        name,
        dtype === 'F32'
          ? { dtype, shape, data: new Float32Array(data) }
          : { dtype, shape, data: new BigInt64Array(data) },
      );
    }
    return tensors;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StagewrightError(
      'DigestMismatch',
      `${where} is no readable safetensors file: ${why}`,
      { file: where },
      { cause: error },
    );
  }
}
