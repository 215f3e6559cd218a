/** Our own client against a real model behind the OpenAI chat API: the answers, pictures included, are those of the model in process. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GenerationRequest, Outcome, Part } from '../../core/generation.js';
import { askAll } from '../../generators/ask-all.js';
import { DEFAULT_IMAGE_LIMITS, type EndpointConfiguration } from '../../generators/configuration.js';
import { parseGenerators } from '../../generators/configuration-file.js';
import type { Generator, ImageSource } from '../../generators/generator.js';
import { folderImages } from '../../generators/images.js';
import { openJournal } from '../../generators/journal.js';
import { createOnnxGenerator } from '../../generators/onnx.js';
import { endpointGenerator } from '../../generators/openai.js';
import { startServing, type Serving } from '../../serving/server.js';
import { openStore } from '../../store/store.js';
import { trainTiny, type TinyWeights } from '../support/tiny-weights.js';
import { sha256, temporaryFolder } from './onnx-trainer-support.js';

const folder = temporaryFolder();
let tiny: TinyWeights;
let serving: Serving;
beforeAll(async () => {
  tiny = await trainTiny(folder);
  serving = await startServing({
    ...{ weights: tiny.weights, modelName: 'tiny', host: '127.0.0.1', port: 0, threads: 1 },
    ...{ strict: false, key: 'key-of-the-server', queue: 1024, onError: (error: unknown) => console.error(error) },
  });
});
afterAll(async () => {
  await serving.close();
  rmSync(folder, { recursive: true });
});

test('greedy answers over HTTP are those in process, and are journaled', async () => {
  const paths = new Map<string, string>();
  const batch = tiny.rows.map(({ row }): GenerationRequest => {
    const shown = row.images.map((path): Part => {
      const digest = sha256(join(tiny.data.folder, path));
      paths.set(digest, path);
      return { type: 'image', sha256: digest };
    });
    const text = row.problem.replace('<image> ', '');
    return {
      messages: [{ role: 'user', content: [...shown, { type: 'text', text }] }],
      sampling: { temperature: 0, top_p: 1, max_tokens: 64 },
      seed: 1,
      sample: 0,
    };
  });
  expect(paths.size).toBeGreaterThan(5);
  const images = folderImages(tiny.data.folder, (digest) => paths.get(digest), DEFAULT_IMAGE_LIMITS);

  const inProcess = await createOnnxGenerator({
    ...tiny.weights,
    identity: { kind: 'onnx', weights: 'a'.repeat(64), model_sha256: tiny.weights.modelSha256 },
    threads: 1,
  });
  const expected = await outcomesOf(inProcess, batch, images);
  await inProcess.close();

  const text = JSON.stringify({ generators: { g: { base_url: `${serving.url}/v1`, model: 'tiny' } } });
  const settings = parseGenerators(text, 'test').generators['g'] as EndpointConfiguration;
  const identity = { kind: 'endpoint', model: 'tiny', revision: '1' } as const;
  const overHttp = endpointGenerator({ name: 'g', identity, settings, apiKey: 'key-of-the-server' });
  const store = await openStore(join(folder, 'store'));
  const journal = await openJournal(store.objects, identity, { owner: 'test' });
  const got: Outcome[] = [];
  const signal = new AbortController().signal;
  for await (const { index, outcome } of askAll(overHttp, journal, batch, { images, signal })) got[index] = outcome;
  // Servers count tokens by rules of their own.
  expect(got.map(wordsOf)).toEqual(expected.map(wordsOf));
  expect(new Set(got.map(wordsOf)).size).toBeGreaterThan(2);
  expect(journal.answers).toBe(new Set(batch.map((one) => JSON.stringify(one))).size);

  const stranger = endpointGenerator({ name: 'g', identity, settings, apiKey: 'another' });
  await expect(outcomesOf(stranger, batch, images)).rejects.toMatchObject({ type: 'EndpointDown' });
  await Promise.all([journal.close(), overHttp.close(), stranger.close()]);
});

async function outcomesOf(of: Generator, batch: GenerationRequest[], images: ImageSource): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const { index, outcome } of of.answer(batch, { images, signal: new AbortController().signal }))
    outcomes[index] = outcome;
  return outcomes;
}
const wordsOf = (outcome: Outcome): string =>
  outcome.kind === 'answer' ? `${outcome.answer.finish_reason} ${outcome.answer.text}` : outcome.reason;
