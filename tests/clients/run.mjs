/**
 * `npm run test:clients [-- openai|lmms-eval]`: clients that we did not write against `stagewright serve`, which serves weights
 * trained here. Not part of `npm test`: it installs Python packages from PyPI (lmms-eval: some 7 GB, once).
 * Each client's answers must be those of the product's own evaluation of the same rows; lmms-eval's accuracy the product's own.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..', '..');
const CLI = join(ROOT, 'dist', 'cli', 'main.js');
/** Python environments, by the content of their requirements. */
const CACHE = process.env.STAGEWRIGHT_CLIENTS_CACHE ?? join(ROOT, '.stagewright', 'clients');
const PYTHON = process.env.STAGEWRIGHT_PYTHON ?? 'python3';
const CLIENTS = { openai: tryOpenai, 'lmms-eval': tryLmmsEval };

const say = (text) => process.stderr.write(`${text}\n`);

/** Runs a program; what it prints goes to standard error, and to the caller. @throws when it fails */
function run(program, args, { env = {}, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env }, cwd });
    let out = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(out) : reject(new Error(`${program} ended with ${code}\n${out}`)),
    );
  });
}

/** The Python of an environment that has what the file of requirements names. */
async function python(name) {
  const requirements = join(HERE, `requirements-${name}.txt`);
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `${name}-${digest}`);
  const program = join(folder, 'bin', 'python');
  const mark = join(folder, 'complete');
  if (!existsSync(mark)) {
    say(`installing ${name} into ${folder}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    await run(PYTHON, ['-m', 'venv', folder]);
    await run(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
    writeFileSync(mark, '');
  }
  return program;
}

const lines = (file) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const only = (folder) => join(folder, readdirSync(folder)[0]);

/** Trains, and gathers the held-out rows with what the product's evaluation answered. */
async function trainReader(work) {
  const home = join(work, 'home');
  say('training the reader');
  await run(process.execPath, [CLI, 'demo', '--recipe', join(HERE, 'recipe.yaml'), '--home', home]);
  const store = join(home, 'store');
  const evaluation = only(join(store, 'evaluations'));
  const summary = JSON.parse(readFileSync(join(evaluation, 'summary.json'), 'utf8'));
  const data = join(store, 'data', summary.data);
  const answers = readdirSync(evaluation)
    .filter((name) => name.startsWith('answers-'))
    .sort()
    .flatMap((name) => lines(join(evaluation, name)));
  const rows = lines(join(data, 'rows.jsonl')).map((row, i) => ({
    id: row.id,
    problem: row.problem.replace('<image> ', ''),
    image: row.images.length === 0 ? '' : join(data, row.images[0]),
    answer: row.answer,
    response: answers[i].response,
  }));
  const file = join(work, 'rows.jsonl');
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const accuracy = answers.filter(({ correct }) => correct).length / answers.length;
  return { store, rows, file, accuracy };
}

async function startServer(store) {
  const child = spawn(process.execPath, [CLI, 'serve', 'reader', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, STAGEWRIGHT_STORE: store },
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const address = await Promise.race([
    new Promise((resolve) => child.stdout.once('data', (bytes) => resolve(String(bytes).trim()))),
    ended.then((code) => Promise.reject(new Error(`serve ended with ${code}`))),
  ]);
  return {
    address,
    stop: async () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

async function tryOpenai({ address, reader }) {
  const program = await python('openai');
  return JSON.parse(await run(program, [join(HERE, 'openai_client.py'), address, 'reader', reader.file]));
}

async function tryLmmsEval({ address, reader, work }) {
  const program = await python('lmms-eval');
  const task = join(work, 'task');
  cpSync(join(HERE, 'lmms_task'), task, { recursive: true });
  const yaml = join(task, 'stagewright_digits.yaml');
  writeFileSync(yaml, readFileSync(yaml, 'utf8').replace('test: rows.jsonl', `test: ${JSON.stringify(reader.file)}`));
  const out = join(work, 'lmms-out');
  const begun = performance.now();
  await run(
    program,
    [
      ...['-m', 'lmms_eval', '--model', 'openai', '--tasks', 'stagewright_digits', '--include_path', task],
      ...['--model_args', `base_url=${address},api_key=none,model=reader,timeout=60`],
      ...['--batch_size', '1', '--output_path', out, '--log_samples'],
    ],
    // Whatever it would fetch from a hub fails here.
    { env: { HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1', HF_HOME: join(work, 'hf') } },
  );
  const seconds = (performance.now() - begun) / 1000;
  // It ends with 0 whatever happened: the results say what did.
  const folder = only(out);
  const written = (part) =>
    join(
      folder,
      readdirSync(folder).find((name) => name.includes(part)),
    );
  const { results } = JSON.parse(readFileSync(written('_results.json'), 'utf8'));
  const accuracy = results.stagewright_digits['accuracy,none'];
  const samples = lines(written('_samples_'));
  const same = samples.filter(
    ({ doc_id, resps }) => String([resps].flat(9)[0]) === reader.rows[Number(doc_id)].response,
  ).length;
  if (samples.length !== reader.rows.length || same !== samples.length)
    throw new Error(
      `lmms-eval: ${same} of ${samples.length} answers are those of the evaluation of ${reader.rows.length} rows`,
    );
  if (Math.abs(accuracy - reader.accuracy) > 1e-9)
    throw new Error(`lmms-eval says ${accuracy}, the product's evaluation ${reader.accuracy}`);
  const version = (await run(program, ['-c', 'import importlib.metadata as m; print(m.version("lmms-eval"))'])).trim();
  return {
    package: version,
    rows: samples.length,
    answers_as_in_the_evaluation: same,
    accuracy,
    accuracy_of_the_product: reader.accuracy,
    seconds: Math.round(seconds * 100) / 100,
  };
}

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(CLIENTS, name));
if (unknown !== undefined) {
  say(`no client "${unknown}"; there are ${Object.keys(CLIENTS).join(', ')}`);
  process.exit(2);
}
const work = mkdtempSync(join(tmpdir(), 'stagewright-clients-'));
let server;
let failed = 0;
let passed = 0;
try {
  const reader = await trainReader(work);
  server = await startServer(reader.store);
  for (const [name, attempt] of Object.entries(CLIENTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    try {
      const figures = await attempt({ address: server.address, reader, work });
      passed += 1;
      process.stdout.write(`${JSON.stringify({ client: name, ...figures })}\n`);
    } catch (error) {
      failed += 1;
      say(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
} finally {
  const code = await server?.stop();
  if (code !== 0 && code !== undefined) {
    failed += 1;
    say(`serve ended with ${code} on SIGTERM`);
  }
  rmSync(work, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
