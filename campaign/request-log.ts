/** What a stand-in server was asked, by its own log: one line a request, written before it is answered. Probes of one token apart. */
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Asked {
  /** Requests, and different ones among them. */
  readonly requests: number;
  readonly distinct: number;
  /** Of each stretch between two marks: requests that had been made before the stretch began. */
  readonly repeats: readonly number[];
  /** Requests that were made twice within one stretch. */
  readonly within: number;
}

/** @param marks numbers of lines at which the log is cut */
export async function readRequests(file: string, marks: readonly number[] = []): Promise<Asked> {
  const first = new Map<string, number>();
  const repeats = marks.map(() => 0);
  let line = 0;
  let requests = 0;
  let within = 0;
  if (existsSync(file))
    for await (const text of createInterface({ input: createReadStream(file) })) {
      const stretch = marks.filter((mark) => line >= mark).length;
      line += 1;
      const [hash = '', , probe] = text.split(' ');
      if (probe !== undefined) continue;
      requests += 1;
      const before = first.get(hash);
      if (before === undefined) first.set(hash, stretch);
      else if (before === stretch) within += 1;
      else {
        repeats[stretch - 1] = (repeats[stretch - 1] ?? 0) + 1;
        first.set(hash, stretch);
      }
    }
  return { requests, distinct: first.size, repeats, within };
}

export async function countLines(file: string): Promise<number> {
  let lines = 0;
  if (!existsSync(file)) return 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>)
    for (const byte of chunk) if (byte === 10) lines += 1;
  return lines;
}
