/**
 * Asks questions through the journal, batch by batch, until it is killed or all are answered; then writes the answers to a file.
 * node tests/support/journal-child.mjs '{"store":…,"baseUrl":…,"questions":…,"concurrency":…,"out":…}'
 */
import { writeFileSync } from 'node:fs';
import { askAll } from '../../dist/generators/ask-all.js';
import { parseGenerators } from '../../dist/generators/configuration-file.js';
import { createJournals } from '../../dist/generators/journals.js';
import { endpointGenerator } from '../../dist/generators/openai.js';
import { openStore } from '../../dist/store/store.js';

const { store: root, baseUrl, questions, concurrency, out } = JSON.parse(process.argv[2]);
const identity = { kind: 'endpoint', model: 'stand-in', revision: '1' };
const { generators } = parseGenerators(
  JSON.stringify({ generators: { g: { base_url: baseUrl, limits: { concurrency }, patience_seconds: 20 } } }),
  'child',
);
const generator = endpointGenerator({ name: 'g', identity, settings: generators.g, apiKey: null });
const store = await openStore(root);
const journals = createJournals(store.objects, { owner: `child-${process.pid}` });
const journal = await journals.of(identity);
const images = { read: () => Promise.reject(new Error('no images')) };
const BATCH = 100;
const texts = [];
for (let from = 0; from < questions; from += BATCH) {
  const requests = Array.from({ length: Math.min(BATCH, questions - from) }, (_, i) => ({
    messages: [{ role: 'user', content: [{ type: 'text', text: `q${from + i}` }] }],
    sampling: { temperature: 0, top_p: 1, max_tokens: 16 },
    seed: 1,
    sample: 0,
  }));
  const signal = new AbortController().signal;
  for await (const { index, outcome } of askAll(generator, journal, requests, { images, signal }))
    texts[from + index] = outcome.kind === 'answer' ? outcome.answer.text : outcome.message;
}
writeFileSync(out, JSON.stringify(texts));
await journals.close();
await generator.close();
