/**
 * Captions through synthesis and filter, once undisturbed and once under SIGKILLs of worker, model server and Temporal server: the same
 * bytes, no answer paid for twice, flat memory. Returns what it found; printing and exit codes are data-main.ts's.
 */
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from 'fast-png';
import { planFile } from '../client/plan-file.js';
import type { PlannedData } from '../core/plan.js';
import { DataRun, IN_FLIGHT, type Part } from './data-run.js';
import { countLines, readRequests } from './request-log.js';

export interface DataCampaign {
  readonly captions: number;
  readonly kills: number;
  readonly folder: string;
  readonly say: (text: string) => void;
}
export interface DataVerdict {
  readonly problems: readonly string[];
  readonly requests: number;
  readonly repeats: number;
  /** Questions that had been asked and not journaled when something was killed, over all kills. */
  readonly unanswered: number;
  readonly kept: number;
  readonly peak: { readonly undisturbed: number; readonly disturbed: number };
  /** Requests of a second making from the journal. */
  readonly again: number;
}

const REFUSE = 0.02;
const IMAGES = 64;
const VICTIMS: readonly Part[] = ['worker', 'stand-in', 'server'];
const FILES = ['rows.jsonl', 'evidence.jsonl', 'refused.jsonl', 'funnel.json', 'data.json'];

export async function runDataCampaign({ captions, kills, folder, say }: DataCampaign): Promise<DataVerdict> {
  const data = await plan(folder, captions);
  say(`${captions} captions, undisturbed`);
  const quiet = new DataRun({ home: join(folder, 'undisturbed'), data, refuse: REFUSE });
  await quiet.start();
  const end = await quiet.make().finally(() => quiet.stop());
  const asked = await readRequests(quiet.log);
  say(`${asked.requests} requests, ${JSON.stringify(end)}; again, with ${kills} kills`);

  const run = new DataRun({ home: join(folder, 'disturbed'), data, refuse: REFUSE });
  await run.start();
  const made = run.make();
  const done = { ended: false };
  void made.then(
    () => (done.ended = true),
    () => (done.ended = true),
  );
  const marks: number[] = [];
  const unanswered: number[] = [];
  for (let i = 0; i < kills; i++) {
    const at = Math.floor((asked.requests * (i + 0.5)) / kills);
    while (!done.ended && (await logged(run)) < at) await sleep(20);
    if (done.ended) break;
    const victim = VICTIMS[i % VICTIMS.length] ?? 'worker';
    await run.kill(victim);
    // What was on its way is logged and, where the worker lives, journaled.
    await sleep(400);
    // The journal first: where the worker lives, both grow while they are read, and the log must not lag behind.
    const journaled = await run.journaled();
    const before = await readRequests(run.log);
    marks.push(await countLines(run.log));
    unanswered.push(before.distinct - journaled);
    say(
      `killed ${victim} after ${before.requests} requests, ${unanswered.at(-1)} of them without an answer on the disk`,
    );
    await run.begin(victim);
  }
  await made.catch(async (error: unknown) => {
    await run.stop();
    throw error;
  });
  const after = await readRequests(run.log, marks);

  // Once more from the journal alone.
  const [questions = data] = data.inputs ?? [];
  const bytes = await digests(run.store, [questions, data]);
  for (const set of [questions, data])
    for (const part of ['data', 'data-work']) rmSync(join(run.store, part, set.key), { recursive: true, force: true });
  await run.make().finally(() => run.stop());
  const again = (await readRequests(run.log)).requests - after.requests;

  const problems: string[] = [];
  const wanted = await digests(quiet.store, [questions, data]);
  for (const [file, sha] of Object.entries(wanted)) {
    if (bytes[file] !== sha) problems.push(`${file} has other bytes than undisturbed`);
  }
  for (const [file, sha] of Object.entries(await digests(run.store, [questions, data])))
    if (wanted[file] !== sha) problems.push(`${file}, made again from the journal, has other bytes`);
  for (const [i, repeats] of after.repeats.entries())
    if (repeats > (unanswered[i] ?? 0))
      problems.push(
        `after kill ${i + 1}, ${repeats} questions were asked again and only ${unanswered[i] ?? 0} had no answer on the disk`,
      );
  const repeats = after.requests - after.distinct;
  if (repeats > IN_FLIGHT * kills)
    problems.push(`${repeats} repeats are more than ${IN_FLIGHT} in flight x ${kills} kills`);
  if (after.within > 0) problems.push(`${after.within} questions were asked twice without a kill between`);
  if (again > 0) problems.push(`${again} requests when all answers were journaled`);
  if (marks.length < kills) problems.push(`only ${marks.length} of ${kills} kills found it at work`);
  return {
    problems,
    requests: after.requests,
    repeats,
    unanswered: unanswered.reduce((sum, n) => sum + n, 0),
    kept: end.state === 'done' ? end.rows : 0,
    peak: { undisturbed: quiet.peakMemory, disturbed: run.peakMemory },
    again,
  };
}

/** Of requests, without reading the log. */
async function logged({ log }: DataRun): Promise<number> {
  try {
    // A line is a hash of 32 digits, a space, the path and a newline.
    return statSync(log).size / '00000000000000000000000000000000 /v1/chat/completions\n'.length;
  } catch {
    return 0;
  }
}

async function plan(folder: string, captions: number): Promise<PlannedData> {
  const images = join(folder, 'captions', 'images');
  mkdirSync(images, { recursive: true });
  for (let i = 0; i < IMAGES; i++)
    writeFileSync(
      join(images, `${i}.png`),
      encode({ width: 16, height: 16, data: new Uint8Array(256).fill(i * 3), depth: 8, channels: 1 }),
    );
  const lines = Array.from({ length: captions }, (_, i) =>
    JSON.stringify({
      example_id: `c${String(i).padStart(7, '0')}`,
      image_file: `images/${i % IMAGES}.png`,
      description: `A photograph numbered ${i}: a lamp stands ${i % 2 === 0 ? 'left' : 'right'} of the window.`,
    }),
  );
  writeFileSync(join(folder, 'captions', 'captions.jsonl'), `${lines.join('\n')}\n`);
  const recipe = join(folder, 'recipe.yaml');
  const model = (name: string): string => `  ${name}: { kind: openai, model: ${name}, revision: "1" }`;
  writeFileSync(
    recipe,
    [
      'name: data-campaign',
      'model: tiny',
      'data:',
      '  captions: { generator: captions, path: captions }',
      '  questions: { generator: synthesis, captions: captions, by: writer }',
      '  unseen: { generator: filter, of: questions, image_only: [blind], caption_only: [reader] }',
      'generators:',
      ...['writer', 'blind', 'reader'].map(model),
      'stages:',
      '  - { name: see, capability: perception, objective: rlvr, data: unseen, training: { steps: 1, learning_rate: 0.001 } }',
      '',
    ].join('\n'),
  );
  const { plan: planned } = await planFile(recipe);
  const data = planned.stages[0]?.data;
  if (data === undefined) throw new Error('the recipe has no stage');
  return data;
}

async function digests(store: string, sets: readonly PlannedData[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { name, key } of sets)
    for (const file of FILES) {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(join(store, 'data', key, file)) as AsyncIterable<Buffer>)
        hash.update(chunk);
      found[`${name}/${file}`] = hash.digest('hex');
    }
  return found;
}
