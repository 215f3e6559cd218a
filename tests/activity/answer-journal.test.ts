/** The journal of answers: what is on the disk is found again, by any process, and nothing else is; a batch asks only what it lacks. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { derivationKey } from '../../core/canonical-json.js';
import { StagewrightError } from '../../core/failures.js';
import { requestKey, type GenerationAnswer, type GenerationRequest, type Outcome } from '../../core/generation.js';
import type { GeneratorIdentity } from '../../core/generators.js';
import { answerIndex } from '../../generators/answer-index.js';
import { askAll, type Asked } from '../../generators/ask-all.js';
import type { AnswerOptions, Generator, ImageSource } from '../../generators/generator.js';
import { openJournal as open, type Journal } from '../../generators/journal.js';
import { createJournals } from '../../generators/journals.js';
import { layout } from '../../store/layout.js';
import { openStore, type Store } from '../../store/store.js';
import { temporaryFolder } from '../support/runs.js';

const identity: GeneratorIdentity = { kind: 'endpoint', model: 'm', revision: '1' };
const journals: Journal[] = [];
const openJournal: typeof open = async (...args) => {
  const journal = await open(...args);
  journals.push(journal);
  return journal;
};
afterEach(async () => {
  for (const journal of journals.splice(0)) await journal.close();
});

const images: ImageSource = { read: () => Promise.reject(new Error('no images here')) };
const keyOf = (n: number): string => createHash('sha256').update(String(n)).digest('hex');
const answer = (text: string): GenerationAnswer => ({
  text,
  finish_reason: 'stop',
  prompt_tokens: 1,
  completion_tokens: 2,
});
const request = (text: string, sample = 0): GenerationRequest => ({
  messages: [{ role: 'user', content: [{ type: 'text', text }] }],
  sampling: { temperature: 0, top_p: 1, max_tokens: 8 },
  seed: 1,
  sample,
});
const textOf = ({ messages }: GenerationRequest): string => {
  const part = messages[0]?.content[0];
  return part?.type === 'text' ? part.text : '';
};

/** Answers by `reply`, and keeps what it was asked. */
function scripted(
  reply: (text: string, options: AnswerOptions) => Promise<Outcome> | Outcome,
): Generator & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    identity,
    answer: async function* (batch, options) {
      for (const [index, one] of batch.entries()) {
        const known = await options.known?.(index);
        options.signal.throwIfAborted();
        if (known !== null && known !== undefined) {
          yield { index, outcome: known };
          continue;
        }
        asked.push(textOf(one));
        yield { index, outcome: await reply(textOf(one), options) };
      }
    },
    spent: () => ({ requests: asked.length, prompt_tokens: 0, completion_tokens: 0, cost: null }),
    close: () => Promise.resolve(),
  };
}
const echo = (text: string): Outcome => ({ kind: 'answer', answer: answer(`re ${text}`) });

async function opened(owner = 'host-1', more = {}): Promise<{ store: Store; journal: Journal }> {
  const store = await openStore(join(await temporaryFolder(), 'store'));
  return { store, journal: await openJournal(store.objects, identity, { owner, groupMs: 1, ...more }) };
}
const segmentsFolder = (store: Store): string => store.objects.path(layout.answersSegments(derivationKey(identity)));
const segments = (store: Store): string[] => readdirSync(segmentsFolder(store)).sort();

async function gather(asking: AsyncIterable<Asked>): Promise<{ got: Asked[]; error: unknown }> {
  const got: Asked[] = [];
  try {
    for await (const one of asking) got.push(one);
    return { got, error: null };
  } catch (error) {
    return { got, error };
  }
}
const signal = new AbortController().signal;

describe('the journal', () => {
  it('finds what it holds, after it was opened again too, and nothing else', async () => {
    const { store, journal } = await opened();
    const texts = ['plain', 'two\nlines', 'ünïcode  \u2028 🦉', 'x'.repeat(100_000), ''];
    await Promise.all(texts.map((text, i) => journal.append(keyOf(i), answer(text))));
    const again = await openJournal(store.objects, identity, { owner: 'host-2' });
    for (const one of [journal, again]) {
      expect(one.answers).toBe(texts.length);
      for (const [i, text] of texts.entries()) expect(await one.find(keyOf(i))).toEqual(answer(text));
      expect(await one.find(keyOf(99))).toBeNull();
    }
    // Another model's answers are others.
    const other = await openJournal(store.objects, { ...identity, revision: '2' }, { owner: 'host-1' });
    expect(await other.find(keyOf(0))).toBeNull();
  });

  it('takes in the tails of other processes, each of which writes a segment of its own', async () => {
    const { store, journal: a } = await opened();
    const b = await openJournal(store.objects, identity, { owner: 'host-1', groupMs: 1 });
    await a.append(keyOf(1), answer('a1'));
    await b.append(keyOf(2), answer('b2'));
    expect(await a.find(keyOf(2))).toBeNull();
    await a.refresh();
    expect(await a.find(keyOf(2))).toEqual(answer('b2'));
    await b.append(keyOf(3), answer('b3'));
    await a.refresh();
    await a.refresh();
    expect(await a.find(keyOf(3))).toEqual(answer('b3'));
    expect(a.answers).toBe(3);
    expect(segments(store)).toHaveLength(2);
    expect(segments(store).every((name) => name.startsWith('host-1-'))).toBe(true);
  });

  it('knows nothing of a torn last line, and reads on behind it once it is whole', async () => {
    const { store, journal } = await opened();
    await journal.append(keyOf(1), answer('one'));
    await journal.append(keyOf(2), answer('two'));
    await journal.close();
    const file = join(segmentsFolder(store), segments(store)[0] ?? '');
    const whole = readFileSync(file);
    for (const cut of [1, 2, 40, 100]) {
      truncateSync(file, whole.length - cut);
      const torn = await openJournal(store.objects, identity, { owner: 'late' });
      expect(await torn.find(keyOf(1))).toEqual(answer('one'));
      expect(await torn.find(keyOf(2))).toBeNull();
      writeFileSync(file, whole);
      await torn.refresh();
      expect(await torn.find(keyOf(2))).toEqual(answer('two'));
    }
  });

  it('takes a damaged line for absent, and a removed segment too', async () => {
    const { store, journal } = await opened();
    await journal.append(keyOf(1), answer('one'));
    await journal.append(keyOf(2), answer('two'));
    await journal.close();
    const file = join(segmentsFolder(store), segments(store)[0] ?? '');
    const [first = '', second = ''] = readFileSync(file, 'utf8').split('\n');
    // Rot within the line, a key that is another's, and a line that is no line.
    writeFileSync(file, `\0\0\0\n${first.replace('"text"', '"tex~"')}\n${second}\n`);
    const again = await openJournal(store.objects, identity, { owner: 'late' });
    expect(await again.find(keyOf(1))).toBeNull();
    expect(await again.find(keyOf(2))).toEqual(answer('two'));
    const fresh = await openJournal(store.objects, identity, { owner: 'later' });
    rmSync(file);
    expect(await fresh.find(keyOf(2))).toBeNull();
    await fresh.append(keyOf(2), answer('anew'));
    expect(await fresh.find(keyOf(2))).toEqual(answer('anew'));
  });

  it('begins another segment when one is full, and finds what both hold', async () => {
    const { store, journal } = await opened('h', { segmentBytes: 2_000 });
    for (let i = 0; i < 40; i += 1) await journal.append(keyOf(i), answer(`n${i}`));
    expect(segments(store).length).toBeGreaterThan(2);
    for (const name of segments(store)) expect(statSync(join(segmentsFolder(store), name)).size).toBeLessThan(2_200);
    const again = await openJournal(store.objects, identity, { owner: 'late' });
    for (let i = 0; i < 40; i += 1) expect(await again.find(keyOf(i))).toEqual(answer(`n${i}`));
  });

  it('writes what comes within a moment with one fsync', async () => {
    const { store, journal } = await opened('h', { groupMs: 200 });
    await Promise.all(Array.from({ length: 500 }, (_, i) => journal.append(keyOf(i), answer(`n${i}`))));
    const [name = ''] = segments(store);
    const lines = readFileSync(join(segmentsFolder(store), name), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(500);
    expect(journal.answers).toBe(500);
  });

  it('says that the store is away, and goes on when it is back', async () => {
    const { store, journal } = await opened();
    renameSync(store.root, `${store.root}-away`);
    mkdirSync(store.root);
    await expect(journal.append(keyOf(1), answer('x'))).rejects.toMatchObject({ type: 'StoreUnreachable' });
    await expect(journal.refresh()).rejects.toMatchObject({ type: 'StoreUnreachable' });
    await expect(createJournals(store.objects, { owner: 'x' }).of(identity)).rejects.toMatchObject({
      type: 'StoreUnreachable',
    });
    expect(readdirSync(store.root)).toEqual([]);
    rmSync(store.root, { recursive: true });
    renameSync(`${store.root}-away`, store.root);
    await journal.append(keyOf(1), answer('x'));
    expect(await journal.find(keyOf(1))).toEqual(answer('x'));
  });

  it('says that the store may not be written; what it holds is found still', async (test) => {
    const { store, journal } = await opened();
    await journal.append(keyOf(1), answer('one'));
    const late = await openJournal(store.objects, identity, { owner: 'late', groupMs: 1 });
    if (process.getuid?.() === 0) {
      if (spawnSync('mount', ['--bind', '-o', 'ro', store.root, store.root]).status !== 0) return test.skip();
    } else chmodSync(segmentsFolder(store), 0o500);
    try {
      await expect(late.append(keyOf(2), answer('two'))).rejects.toMatchObject({ type: 'NoPermission' });
      expect(await late.find(keyOf(1))).toEqual(answer('one'));
    } finally {
      if (process.getuid?.() === 0) spawnSync('umount', ['-l', store.root]);
      else chmodSync(segmentsFolder(store), 0o700);
    }
    await late.append(keyOf(2), answer('two'));
    expect(await late.find(keyOf(2))).toEqual(answer('two'));
  });

  it('says that the disk is full; what was written before is found, and work goes on once there is space', async (test) => {
    const folder = join(await temporaryFolder(), 'small');
    mkdirSync(folder);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status !== 0) return test.skip();
    try {
      const store = await openStore(join(folder, 'store'));
      const journal = await openJournal(store.objects, identity, { owner: 'h', groupMs: 1 });
      await journal.append(keyOf(0), answer('first'));
      const filler = join(folder, 'filler');
      for (const size of [65_536, 4_096, 512])
        try {
          for (;;) appendFileSync(filler, Buffer.alloc(size));
        } catch {
          // Full for this size.
        }
      const generator = scripted(() => ({ kind: 'answer', answer: answer('y'.repeat(20_000)) }));
      const { error } = await gather(askAll(generator, journal, [request('a'), request('b')], { images, signal }));
      expect(error).toMatchObject({ type: 'DiskFull' });
      expect(await journal.find(keyOf(0))).toEqual(answer('first'));
      rmSync(filler);
      await journal.append(keyOf(1), answer('later'));
      const again = await openJournal(store.objects, identity, { owner: 'late' });
      expect(await again.find(keyOf(0))).toEqual(answer('first'));
      expect(await again.find(keyOf(1))).toEqual(answer('later'));
      await Promise.all([journal.close(), again.close()]);
    } finally {
      spawnSync('umount', ['-l', folder]);
    }
  });
});

describe('asking', () => {
  it('asks once what it lacks, whichever question repeats, and nothing the second time', async () => {
    const { store, journal } = await opened();
    const generator = scripted(echo);
    const requests = ['a', 'b', 'a', 'c', 'b', 'a'].map((text) => request(text)).concat(request('a', 1));
    const first = await gather(askAll(generator, journal, requests, { images, signal }));
    expect(first.got.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const { index, outcome, cached } of first.got) {
      expect(outcome).toEqual(echo(textOf(requests[index] ?? request('?'))));
      expect(cached).toBe(false);
    }
    expect(generator.asked.sort()).toEqual(['a', 'a', 'b', 'c']);
    const other = await openJournal(store.objects, identity, { owner: 'other' });
    const second = await gather(askAll(generator, other, requests, { images, signal }));
    expect(second.got.every(({ cached }) => cached)).toBe(true);
    expect(second.got).toHaveLength(7);
    expect(generator.asked).toHaveLength(4);
  });

  it('yields an answer only once another process could read it', async () => {
    const { store, journal } = await opened('h', { groupMs: 30 });
    const requests = Array.from({ length: 20 }, (_, i) => request(`q${i}`));
    for await (const { index } of askAll(scripted(echo), journal, requests, { images, signal })) {
      const reader = await openJournal(store.objects, identity, { owner: 'reader' });
      expect(await reader.find(requestKey(identity, requests[index] ?? request('?')))).not.toBeNull();
      await reader.close();
    }
  });

  it('does not journal what has no answer, and asks it again', async () => {
    const { journal } = await opened();
    const generator = scripted((text) =>
      text === 'b' ? { kind: 'unknown', reason: 'empty', message: 'nothing' } : echo(text),
    );
    for (const cached of [false, true]) {
      const { got } = await gather(askAll(generator, journal, [request('a'), request('b')], { images, signal }));
      expect(got.find(({ index }) => index === 0)).toMatchObject({ cached });
      expect(got.find(({ index }) => index === 1)).toMatchObject({ cached: false, outcome: { reason: 'empty' } });
    }
    expect(generator.asked).toEqual(['a', 'b', 'b']);
  });

  it('hands over all that was answered before an endpoint fell, then its error', async () => {
    const { journal } = await opened();
    const generator = scripted((text) => {
      if (text === 'c') throw new StagewrightError('EndpointDown', 'gone');
      return echo(text);
    });
    const requests = ['a', 'b', 'c', 'd'].map((text) => request(text));
    const { got, error } = await gather(askAll(generator, journal, requests, { images, signal }));
    expect(got.map(({ index }) => index).sort()).toEqual([0, 1]);
    expect(error).toMatchObject({ type: 'EndpointDown' });
    expect(journal.answers).toBe(2);
  });

  it('does not ask what was journaled while the batch waited', async () => {
    const { journal } = await opened();
    const generator = scripted(async (text) => {
      await journal.append(requestKey(identity, request('b')), answer('by another shard'));
      return echo(text);
    });
    const { got } = await gather(askAll(generator, journal, [request('a'), request('b')], { images, signal }));
    expect(generator.asked).toEqual(['a']);
    expect(got.find(({ index }) => index === 1)).toMatchObject({
      cached: true,
      outcome: { answer: { text: 'by another shard' } },
    });
  });

  it('stops when it is told to, and when nobody reads on', async () => {
    const { journal } = await opened();
    const requests = Array.from({ length: 50 }, (_, i) => request(`q${i}`));
    const stop = new AbortController();
    const aborted = scripted((text) => {
      if (text === 'q3') stop.abort(new Error('enough'));
      return echo(text);
    });
    const { error } = await gather(askAll(aborted, journal, requests, { images, signal: stop.signal }));
    expect(error).toMatchObject({ message: 'enough' });
    expect(aborted.asked.length).toBe(4);
    const left = scripted(async (text) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return echo(text);
    });
    for await (const { cached } of askAll(left, journal, requests.slice(10), { images, signal })) if (!cached) break;
    expect(left.asked.length).toBeLessThan(40);
  });

  it('takes a generator that forgets a question for broken', async () => {
    const { journal } = await opened();
    const forgetful: Generator = { ...scripted(echo), answer: async function* () {} };
    const { error } = await gather(askAll(forgetful, journal, [request('a')], { images, signal }));
    expect(error).toMatchObject({ type: 'Internal' });
  });

  it('says how far it is', async () => {
    const { journal } = await opened();
    const seen: unknown[] = [];
    const onProgress = ({ done, cached, total }: { done: number; cached: number; total: number }): void => {
      seen.push([done, cached, total]);
    };
    const generator = scripted(echo);
    await gather(askAll(generator, journal, [request('a')], { images, signal, onProgress }));
    await gather(
      askAll(generator, journal, [request('a'), request('b'), request('b')], { images, signal, onProgress }),
    );
    expect(seen).toEqual([
      [1, 0, 1],
      [1, 1, 3],
      [3, 1, 3],
    ]);
  });
});

describe('the index', () => {
  it('holds a million answers in at most 40 bytes each, its growth included, and finds each', () => {
    const most = 1_000_000;
    // Only the first 40 bits count; two rounds of murmur's finalizer spread them as sha256 does, in a tenth of its time.
    const spread = (n: number, by: number): number => {
      let h = Math.imul(n ^ by, 0x85ebca6b);
      h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
      return (h ^ (h >>> 16)) >>> 0;
    };
    const keyOf = (n: number): string =>
      (
        spread(n, 0x9e3779b9).toString(16).padStart(8, '0') + spread(n, 0x7f4a7c15).toString(16).padStart(8, '0')
      ).padEnd(64, '0');
    const index = answerIndex();
    let peak = 0;
    for (let i = 0; i < most; i += 1) {
      index.add(keyOf(i), { segment: i % 7, offset: i * 4_000 });
      if (i > 50_000) peak = Math.max(peak, i % 1_000 === 0 ? index.bytes / index.size : 0);
    }
    console.log(`index: ${index.bytes / index.size} bytes an answer, ${peak} at most`);
    expect(index.size).toBe(most);
    expect(peak).toBeLessThan(20);
    let strangers = 0;
    for (let i = 0; i < most; i += 97) {
      const found = index.candidates(keyOf(i));
      expect(found).toContainEqual({ segment: i % 7, offset: i * 4_000 });
      strangers += found.length - 1 + index.candidates(keyOf(most + i)).length;
    }
    // What it finds for keys that it does not hold costs one read each.
    expect(strangers).toBeLessThan(5);
  });
});
