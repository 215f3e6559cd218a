/** The safetensors writer against the format's own layout, and the reader against damaged files. */
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../../trainers/onnx/safetensors.js';

const tensors = new Map<string, StoredTensor>([
  ['b', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, Math.fround(1e-30)) }],
  ['a', { dtype: 'F32', shape: [3], data: Float32Array.of(NaN, -0, Infinity) }],
  ['t', { dtype: 'I64', shape: [], data: BigInt64Array.of(-(2n ** 40n)) }],
]);
const bytes = encodeSafetensors(tensors);

test('what was written is read, to the bit and in order', () => {
  const read = decodeSafetensors(bytes, 'x.safetensors');
  expect([...read.keys()]).toEqual(['b', 'a', 't']);
  for (const [name, { dtype, shape, data }] of tensors) {
    const got = read.get(name);
    expect([got?.dtype, got?.shape]).toEqual([dtype, shape]);
    expect(Buffer.from(got?.data.buffer ?? new ArrayBuffer())).toEqual(Buffer.from(data.buffer));
  }
});

test('the layout is the format’s: length, padded header, little-endian data', () => {
  const file = Buffer.from(bytes);
  const length = Number(file.readBigUInt64LE(0));
  expect(length % 8).toBe(0);
  const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as Record<string, { data_offsets: [number, number] }>;
  expect(header.t).toEqual({ dtype: 'I64', shape: [], data_offsets: [28, 36] });
  expect(file.readFloatLE(8 + length + 4)).toBe(-2);
  expect(file.length).toBe(8 + length + 36);
});

describe('damaged files are refused by name', () => {
  test.each([
    ['empty', new Uint8Array()],
    ['cut in the header', bytes.slice(0, 40)],
    ['cut in the data', bytes.slice(0, -1)],
    [
      'a shape that does not fit',
      Buffer.from(Buffer.from(bytes).toString('latin1').replace('[2,2]', '[2,3]'), 'latin1'),
    ],
  ])('%s', (_, damaged) => {
    expect(() => decodeSafetensors(damaged, 'some/x.safetensors')).toThrow(/some\/x\.safetensors/);
  });
});
