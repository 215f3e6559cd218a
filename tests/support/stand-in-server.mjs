/**
 * A fast stand-in for a server that speaks the OpenAI chat API: answers are a function of the request, each request is logged before
 * it is answered, and it misbehaves on order. In a test's process, or by itself:
 *
 *   node tests/support/stand-in-server.mjs --log FILE [--port 0] [--latency-ms 0] [--refuse 0.02]
 *
 * which prints `{"port": N}`. The log has one line a request: sha256 of its body (32 hex digits), its path and `probe` for one of one token, written with one
 * `write` each, so that it is whole whenever the server is killed.
 */
import { createHash } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';

export const bodyHash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 32);
/** A number in [0, 1) for a text and a purpose. */
const chance = (text, purpose) => Number.parseInt(bodyHash(`${purpose}\n${text}`).slice(0, 8), 16) / 2 ** 32;

const textsOf = (message) =>
  typeof message?.content === 'string'
    ? [message.content]
    : (message?.content ?? []).filter((part) => part.type === 'text').map((part) => part.text);
const hasImage = (body) =>
  body.messages.some(({ content }) => Array.isArray(content) && content.some(({ type }) => type === 'image_url'));
export const lastText = (body) => textsOf(body.messages.at(-1)).join('\n');

/**
 * What it says. Captions become questions whose right option is the smallest of four words, so that a later request about the
 * question can be answered without memory: from the caption nearly always right, from the image right in a quarter.
 */
export function replyTo(body, { refuse = 0 } = {}) {
  const text = lastText(body);
  const all = body.messages.flatMap(textsOf).join('\n');
  if (all.includes('Write one multiple-choice question')) {
    const repaired = body.messages.length > 1;
    const about = all.split('Caption:').at(-1);
    if (!repaired && chance(about, 'refuse') < refuse) return 'I would rather not write such a question.';
    const words = [0, 1, 2, 3].map((i) => bodyHash(`${about}\n${i}`).slice(0, 6)).sort();
    const right = Math.floor(chance(about, 'letter') * 4);
    const rest = words.slice(1);
    const options = Object.fromEntries(
      ['A', 'B', 'C', 'D'].map((letter, i) => [letter, i === right ? words[0] : rest.pop()]),
    );
    const question = `Which mark does the object ${bodyHash(about).slice(0, 8)} bear?`;
    return `\`\`\`json\n${JSON.stringify({ question, options, answer: 'ABCD'[right] })}\n\`\`\``;
  }
  const options = [...text.matchAll(/^\W*([A-D])[.):]\s*(\S+)/gmu)].map(([, letter, word]) => ({ letter, word }));
  if (options.length === 4) {
    const right = [...options].sort((a, b) => (a.word < b.word ? -1 : 1))[0].letter;
    const key = options.map(({ word }) => word).join(' ') + (body.model ?? '');
    const knows =
      hasImage(body) || !/caption/iu.test(text) ? chance(key, 'image') < 0.25 : chance(key, 'caption') < 0.95;
    return knows ? right : options.find(({ letter }) => letter !== right).letter;
  }
  return `re: ${text}`;
}

export const completionOf = (body, text, more = {}) => ({
  id: 'chatcmpl-stand-in',
  object: 'chat.completion',
  created: 0,
  model: body.model,
  choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop', ...more.choice }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  ...more.body,
});

const json = (response, status, value, headers = {}) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
};
const error = (response, status, message, more = {}, headers = {}) =>
  json(response, status, { error: { message, type: 'stand_in', ...more } }, headers);

/** Each way of misbehaving that a server was seen to have. `good` is the text of its right answer. */
export const FAULTS = {
  429: (r) => error(r, 429, 'slow down'),
  '429-now': (r) => error(r, 429, 'slow down', {}, { 'retry-after': '0' }),
  '429-second': (r) => error(r, 429, 'slow down', {}, { 'retry-after': '1' }),
  '429-date': (r) => error(r, 429, 'slow down', {}, { 'retry-after': new Date(Date.now() + 1000).toUTCString() }),
  '429-hour': (r) => error(r, 429, 'slow down', {}, { 'retry-after': '3600' }),
  '429-quota': (r) => error(r, 429, 'You exceeded your current quota', { code: 'insufficient_quota' }),
  500: (r) => error(r, 500, 'EngineDeadError'),
  '502-html': (r) => json(r, 502, '<html><h1>502 Bad Gateway</h1></html>', { 'content-type': 'text/html' }),
  503: (r) => error(r, 503, 'loading model', {}, { 'retry-after': '0' }),
  400: (r) => error(r, 400, 'temperature is not supported'),
  '400-too-long': (r) =>
    error(r, 400, "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens."),
  401: (r) => error(r, 401, 'Incorrect API key provided: sk-abcdefghijklmnopqrstuvwxyz'),
  404: (r, body) => error(r, 404, `The model \`${body.model}\` does not exist.`),
  hang: () => undefined,
  'hang-in-body': (r) => r.writeHead(200, { 'content-type': 'application/json' }).write('{"choices": [{"message"'),
  reset: (r) => r.socket.destroy(),
  cut: (r, body, good) => {
    const text = JSON.stringify(completionOf(body, good));
    r.writeHead(200, { 'content-type': 'application/json', 'content-length': String(text.length) });
    r.write(text.slice(0, text.length / 2), () => r.socket.destroy());
  },
  'cut-chunks': (r, body, good) => {
    r.writeHead(200, { 'content-type': 'application/json' });
    r.write(JSON.stringify(completionOf(body, good)).slice(0, 60), () => r.socket.destroy());
  },
  html: (r) =>
    json(r, 200, '<html><body>Please log in. The answer is A.</body></html>', { 'content-type': 'text/html' }),
  'html-as-json': (r) => json(r, 200, '<html><body>The answer is A.</body></html>'),
  'half-json': (r, body, good) => json(r, 200, JSON.stringify(completionOf(body, good)).slice(0, -20)),
  'no-body': (r) => json(r, 200, ''),
  'error-200': (r) => json(r, 200, { object: 'error', message: 'CUDA out of memory' }),
  'no-choices': (r, body) => json(r, 200, { ...completionOf(body, ''), choices: [] }),
  empty: (r, body) => json(r, 200, completionOf(body, '')),
  spaces: (r, body) => json(r, 200, completionOf(body, ' \n ')),
  'null-text': (r, body) => json(r, 200, completionOf(body, null)),
  aborted: (r, body) => json(r, 200, completionOf(body, 'The answer is', { choice: { finish_reason: 'abort' } })),
  unfinished: (r, body) => json(r, 200, completionOf(body, 'The answer is', { choice: { finish_reason: null } })),
  filtered: (r, body) => json(r, 200, completionOf(body, 'A', { choice: { finish_reason: 'content_filter' } })),
  refused: (r, body) =>
    json(
      r,
      200,
      completionOf(body, null, { choice: { message: { role: 'assistant', content: null, refusal: 'No.' } } }),
    ),
  endless: (r) => {
    r.writeHead(200, { 'content-type': 'application/json' });
    const more = () => !r.destroyed && r.write(' '.repeat(1 << 20), more);
    more();
  },
  redirect: (r) => r.writeHead(302, { location: 'http://127.0.0.1:1/v1/chat/completions' }).end(),
};

/**
 * @param decide for each completion: a fault's name, or null for the right answer. `nth` counts all completions from 1, `tries` those
 * of the same body from 1; `probe` is true for a request of one token.
 */
export async function startStandIn({ decide = () => null, log = null, port = 0, latencyMs = 0, refuse = 0 } = {}) {
  const requests = [];
  const tries = new Map();
  const fd = log === null ? null : openSync(log, 'a');
  let inFlight = 0;
  let most = 0;

  const complete = (request, response, text) => {
    const hash = bodyHash(text);
    if (fd === null) requests.push({ hash, path: request.url, text, key: request.headers.authorization ?? null });
    const body = JSON.parse(text);
    const probe = (body.max_tokens ?? body.max_completion_tokens) === 1;
    if (fd !== null) writeSync(fd, `${hash} ${request.url}${probe ? ' probe' : ''}\n`);
    const good = replyTo(body, { refuse });
    const nth = (tries.get('') ?? 0) + 1;
    tries.set('', nth);
    // Kept for those who misbehave: a log of 100,000 needs no memory.
    const again = fd === null ? (tries.get(hash) ?? 0) + 1 : 1;
    if (fd === null) tries.set(hash, again);
    const fault = decide({ nth, tries: again, probe, text: lastText(body), body });
    if (fault === null) json(response, 200, completionOf(body, good));
    else FAULTS[fault](response, body, good);
  };

  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      const models = { object: 'list', data: [{ id: 'stand-in', object: 'model' }] };
      return request.url.endsWith('/models') ? json(response, 200, models) : json(response, 200, { status: 'ok' });
    }
    inFlight += 1;
    most = Math.max(most, inFlight);
    response.on('close', () => (inFlight -= 1));
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      if (latencyMs > 0) setTimeout(() => complete(request, response, text), latencyMs);
      else complete(request, response, text);
    });
  });
  server.keepAliveTimeout = 30_000;
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: address.port,
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    requests,
    mostInFlight: () => most,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      log: { type: 'string' },
      port: { type: 'string', default: '0' },
      'latency-ms': { type: 'string', default: '0' },
      refuse: { type: 'string', default: '0' },
    },
  });
  const { port } = await startStandIn({
    log: values.log ?? null,
    port: Number(values.port),
    latencyMs: Number(values['latency-ms']),
    refuse: Number(values.refuse),
  });
  console.log(JSON.stringify({ port }));
}
