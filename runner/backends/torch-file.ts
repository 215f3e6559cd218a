/**
 * Files that `torch.save` wrote: zip archives, whose directory is written last. One that ends with its whole directory was written to
 * its end; a truncated or torn one does not. Three small reads, whatever its size; sha256 of the bytes is the store's.
 */
import { open } from 'node:fs/promises';
import { faultOf } from '../../store/faults.js';

const END = 0x06054b50;
const END_BYTES = 22;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const ENTRY = 0x02014b50;

/** Why it is not whole; null = it is. @throws StagewrightError of the file system. */
export async function tornTorchFile(file: string): Promise<string | null> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw faultOf(error, file);
  });
  try {
    const { size } = await handle.stat();
    if (size < END_BYTES) return `is only ${size} bytes long`;
    const read = async (at: number, length: number): Promise<Buffer> => {
      const bytes = Buffer.alloc(length);
      if (at >= 0 && at + length <= size) await handle.read(bytes, 0, length, at);
      return bytes;
    };
    const end = await read(size - END_BYTES, END_BYTES);
    if (end.readUInt32LE(0) !== END) return 'ends without the directory of its archive: it was not written to its end';
    let [entries, length, at] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)];
    let upTo = size - END_BYTES;
    const locator = await read(upTo - LOCATOR_BYTES, LOCATOR_BYTES);
    if (locator.readUInt32LE(0) === LOCATOR64) {
      upTo = Number(locator.readBigUInt64LE(8));
      const end64 = await read(upTo, END64_BYTES);
      if (end64.readUInt32LE(0) !== END64) return 'has a damaged directory (zip64)';
      [entries, length, at] = [32, 40, 48].map((from) => Number(end64.readBigUInt64LE(from))) as [
        number,
        number,
        number,
      ];
    }
    if (entries === 0) return 'is an empty archive';
    if (at + length !== upTo) return `has a directory of ${length} bytes at ${at}, which does not end at ${upTo}`;
    return (await read(at, 4)).readUInt32LE(0) === ENTRY ? null : 'has a damaged directory';
  } finally {
    await handle.close();
  }
}
