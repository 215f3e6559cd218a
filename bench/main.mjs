/** `npm run bench [-- NAME [options]]`: one benchmark, each a file that answers one question; without a name they are listed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const BENCHMARKS = ['trainer', 'durability', 'cancel', 'curricula', 'commands', 'data'];

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !BENCHMARKS.includes(name)) {
  const lines = BENCHMARKS.map((bench) => {
    const header = readFileSync(join(import.meta.dirname, `${bench}.mjs`), 'utf8');
    return `  ${bench.padEnd(12)}${/^\/\*\*\s*\n? ?\*? ?(.*?[?.])/su.exec(header)?.[1]?.replaceAll(/\s*\n \* /gu, ' ') ?? ''}`;
  });
  process.stdout.write(`npm run bench -- NAME [options]\n${lines.join('\n')}\n`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  process.argv = [process.argv[0] ?? 'node', join(import.meta.dirname, `${name}.mjs`), ...args];
  await import(`./${name}.mjs`);
}
