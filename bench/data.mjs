/**
 * Are `data filter`, `format` and `curriculum` faster than plain Python doing the same, in at most a fifth of its memory?
 *
 * Made-up rows (--rows, a million by default), four files of predictions, sixteen samples a row. Python's own scripts are
 * bench/data/*.py: they hold everything in memory, as the published ones do. Both write files, and the files must be the same.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, writeSync, openSync, closeSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CLI, machine, ROOT, round, withFolder } from './support.mjs';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    python: { type: 'string', default: 'python3' },
  },
});
const ROWS = Number(values.rows);
const MIB = 1024 * 1024;

/** xorshift: the same rows each time. */
let state = 0x9e3779b9;
function below(limit) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}
const WORDS =
  'a the red small large dog cat truck window sign under left of right on naïve café 木 "quoted" blue two three'.split(
    ' ',
  );
const words = (count) => Array.from({ length: count }, () => WORDS[below(WORDS.length)]).join(' ');
const LETTERS = 'ABCD';
/** As Python prints it. */
const py = (value) =>
  Array.isArray(value)
    ? `[${value.map(py).join(', ')}]`
    : typeof value === 'object'
      ? `{${Object.entries(value)
          .map(([key, of]) => `${JSON.stringify(key)}: ${py(of)}`)
          .join(', ')}}`
      : typeof value === 'number' && Number.isInteger(value)
        ? `${value}.0`
        : JSON.stringify(value);

function writeRows(path, row) {
  const fd = openSync(path, 'w');
  for (let i = 0; i < ROWS;) {
    let text = '';
    for (const end = Math.min(ROWS, i + 2000); i < end; i += 1) text += `${py(row(i))}\n`;
    writeSync(fd, text);
  }
  closeSync(fd);
  return path;
}

const answers = new Uint8Array(ROWS);
const id = (i) => (i % 4 === 0 ? `https://example.org/images/${i}.jpg` : `train_${String(i).padStart(7, '0')}`);

function make(folder) {
  const mcq = writeRows(join(folder, 'mcqs.jsonl'), (i) => {
    answers[i] = below(4);
    const options = { A: words(2), B: words(2), C: words(2), D: words(2) };
    const generated = { question: ` ${words(9)}? `, options, answer: LETTERS[answers[i]] };
    const meta =
      i % 4 === 0
        ? { image_url: id(i), caption: words(50) }
        : { example_id: id(i), image_file: `${id(i)}.jpg`, description: words(50) };
    return { generated, meta };
  });
  const predictions = (name, right) =>
    writeRows(join(folder, name), (i) => {
      const letter = below(100) < 3 ? '' : LETTERS[below(100) < right ? answers[i] : below(4)];
      return {
        id: id(i),
        ground_truth: LETTERS[answers[i]],
        predicted_letter: letter,
        raw: `The answer is ${letter}.`,
      };
    });
  const image = [predictions('img_7b.jsonl', 30), predictions('img_32b.jsonl', 40)];
  const caption = [predictions('cap_7b.jsonl', 80), predictions('cap_32b.jsonl', 90)];
  const passk = writeRows(join(folder, 'passk.jsonl'), (i) => {
    const correctness = Array.from({ length: 16 }, () => below(100) < i % 100);
    return {
      index: String(i),
      problem: `<image>${words(12)}`,
      answer: LETTERS[below(4)],
      images: [`${id(i)}.jpg`],
      source: 'docci',
      predictions: correctness.map((right) => (right ? 'C' : 'None')),
      correctness,
      pass_rate: correctness.filter(Boolean).length / 16,
    };
  });
  return { mcq, image, caption, passk };
}

function measured(command) {
  const out = execFileSync(values.python, [join(ROOT, 'bench', 'data', 'measure.py'), ...command], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const result = JSON.parse(out.toString());
  if (result.code !== 0) throw new Error(`${command.join(' ')}: exit code ${result.code}`);
  return result;
}

async function digest(folder) {
  const all = createHash('sha256');
  for (const name of readdirSync(folder).sort()) {
    all.update(`${name}\0`);
    for await (const chunk of createReadStream(join(folder, name))) all.update(chunk);
  }
  return all.digest('hex');
}

let failed = false;
await withFolder(async (folder) => {
  const { mcq, image, caption, passk } = make(folder);
  const size = [mcq, ...image, ...caption, passk].reduce((sum, file) => sum + statSync(file).size, 0);
  process.stdout.write(`${machine()}; ${ROWS} rows, ${round(size / MIB, 0)} MiB of input\n`);
  const preds = ['--image-preds', ...image, '--caption-preds', ...caption];
  const tasks = {
    filter: (out) => ['--mcq', mcq, ...preds, '--out', join(out, 'filtered.jsonl')],
    format: (out) => ['--input', mcq, '--out-dir', out],
    curriculum: (out) => ['--input', passk, '--out-dir', out],
  };
  process.stdout.write(`${'task'.padEnd(12)}${['', 'seconds', 'CPU s', 'MiB'].map((h) => h.padStart(10)).join('')}\n`);
  for (const [name, args] of Object.entries(tasks)) {
    const line = (who, { seconds, cpu, bytes }) =>
      process.stdout.write(
        `${name.padEnd(12)}${who.padStart(10)}${[round(seconds), round(cpu), round(bytes / MIB, 0)].map((v) => String(v).padStart(10)).join('')}\n`,
      );
    const run = async (who, command) => {
      const out = join(folder, `${who}-${name}`);
      mkdirSync(out);
      const result = measured([...command, ...args(out)]);
      line(who, result);
      return { ...result, digest: await digest(out) };
    };
    const python = await run('Python', [values.python, join(ROOT, 'bench', 'data', `${name}.py`)]);
    const mode = name === 'filter' ? ['--mode', 'paper'] : [];
    const ours = await run('ours', [process.execPath, CLI, 'data', name, ...mode]);
    const same = python.digest === ours.digest;
    const [faster, smaller] = [python.seconds / ours.seconds, python.bytes / ours.bytes];
    const good = same && faster > 1 && smaller >= 5;
    failed ||= !good;
    process.stdout.write(
      `${name.padEnd(12)}${round(faster)} times as fast, ${round(smaller)} times less memory, ${same ? 'the same bytes' : 'OTHER BYTES'}: ${good ? 'pass' : 'FAIL'}\n`,
    );
  }
});
process.exitCode = failed ? 1 : 0;
