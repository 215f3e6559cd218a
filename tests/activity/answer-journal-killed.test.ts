/** A process that is killed at random moments, and in the narrowest one: by the server's own log, nothing that was journaled is asked again. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { derivationKey } from '../../core/canonical-json.js';
import { requestKey, type GenerationRequest } from '../../core/generation.js';
import { chatBody } from '../../generators/chat-request.js';
import { layout } from '../../store/layout.js';
import { openStore } from '../../store/store.js';
import { temporaryFolder } from '../support/runs.js';
import { bodyHash, startStandIn, type StandIn } from '../support/stand-in-server.mjs';

const QUESTIONS = 1_000;
const CONCURRENCY = 16;
const CHILD = join(import.meta.dirname, '..', 'support', 'journal-child.mjs');
const identity = { kind: 'endpoint', model: 'stand-in', revision: '1' } as const;

const servers: StandIn[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

it('asks only what was in flight again', async () => {
  const folder = await temporaryFolder();
  const store = await openStore(join(folder, 'store'));
  const server = await startStandIn({ latencyMs: 2 });
  servers.push(server);
  const out = join(folder, 'answers.json');
  const hashOf = await hashesByKey();
  const segments = store.objects.path(layout.answersSegments(derivationKey(identity)));
  /** Bodies of what stands in the journal, whole lines only. */
  const journaled = (): Set<string> =>
    new Set(
      (existsSync(segments) ? readdirSync(segments) : [])
        .flatMap((name) => readFileSync(join(segments, name), 'utf8').split('\n').slice(0, -1))
        .map((line) => hashOf.get((JSON.parse(line) as { key: string }).key) ?? 'stranger'),
    );

  const random = seeded(7);
  let kills = 0;
  for (let life = 0; !existsSync(out); life += 1) {
    expect(life).toBeLessThan(40);
    const known = journaled();
    expect(known.has('stranger')).toBe(false);
    const from = server.requests.length;
    const enough = from + 20 + Math.floor(random() * 250);
    // Each third life ends between a write and its fsync, the others anywhere.
    const point = life % 3 === 2 ? { STAGEWRIGHT_FAIL_POINT: `append-written:${2 + Math.floor(random() * 6)}` } : {};
    const child = spawn(
      process.execPath,
      [CHILD, JSON.stringify({ store: store.root, baseUrl: server.baseUrl, ...args(out) })],
      { env: { ...process.env, ...point }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
    const watch = setInterval(() => {
      if (server.requests.length >= enough) child.kill('SIGKILL');
    }, 1);
    const killed = await new Promise<boolean>((done) => child.on('exit', (_, signal) => done(signal === 'SIGKILL')));
    clearInterval(watch);
    if (killed) kills += 1;
    else expect([existsSync(out), words]).toEqual([true, '']);
    const again = server.requests.slice(from).filter(({ hash }) => known.has(hash));
    expect(again).toEqual([]);
  }

  const texts = JSON.parse(readFileSync(out, 'utf8')) as string[];
  expect(texts).toEqual(Array.from({ length: QUESTIONS }, (_, i) => `re: q${i}`));
  const asked = server.requests.filter(({ text }) => !text.includes('Reply with OK.'));
  const repeats = asked.length - new Set(asked.map(({ hash }) => hash)).size;
  console.log(
    `${kills} kills, ${asked.length} requests for ${QUESTIONS} questions, ${repeats} repeats, 0 of them journaled`,
  );
  expect(kills).toBeGreaterThan(3);
  expect(new Set(asked.map(({ hash }) => hash)).size).toBe(QUESTIONS);
  expect(repeats).toBeLessThanOrEqual(CONCURRENCY * kills);
});

const args = (out: string): object => ({ out, questions: QUESTIONS, concurrency: CONCURRENCY });

async function hashesByKey(): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (let i = 0; i < QUESTIONS; i += 1) {
    const request: GenerationRequest = {
      messages: [{ role: 'user', content: [{ type: 'text', text: `q${i}` }] }],
      sampling: { temperature: 0, top_p: 1, max_tokens: 16 },
      seed: 1,
      sample: 0,
    };
    const body = await chatBody(
      request,
      { read: () => Promise.reject(new Error('no images')) },
      { model: 'stand-in', max_tokens_name: 'max_tokens' },
    );
    hashes.set(requestKey(identity, request), bodyHash(JSON.stringify(body)));
  }
  return hashes;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
