/**
 * How much CPU do commands cost before they do anything? `stagewright --help` against a bare `node -e 0`, and `plan` for the largest
 * recipe with all its variants. CPU seconds (user + system) of the whole process, interleaved, medians.
 *
 *   npm run bench -- commands [--times 11] [--recipe configs/recipes/digits-staged.yaml]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CLI, machine, median, ROOT, round, spread } from './support.mjs';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '11' },
    recipe: { type: 'string', default: 'configs/recipes/digits-staged.yaml' },
  },
});

/** CPU seconds of a command, by the shell's own clock. */
function cpuSeconds(args) {
  const words = [process.execPath, ...args].map((word) => `'${word}'`).join(' ');
  const { status, stderr } = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time ${words} >/dev/null 2>/dev/null`], {
    encoding: 'utf8',
    cwd: ROOT,
  });
  if (status !== 0) throw new Error(`${words} ended with exit code ${status}`);
  const [user = NaN, system = NaN] = stderr.trim().split(/\s+/u).map(Number);
  return user + system;
}

const recipe = join(ROOT, values.recipe);
const commands = {
  'node -e 0': ['-e', '0'],
  'stagewright --help': [CLI, '--help'],
  'stagewright run --help': [CLI, 'run', '--help'],
  'plan, one variant': [CLI, 'plan', recipe],
  'plan, all variants': [CLI, 'plan', recipe, '--all-variants'],
};
const found = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
for (let i = 0; i < Number(values.times); i++)
  for (const [name, args] of Object.entries(commands)) found[name].push(cpuSeconds(args) * 1000);

console.log(`${machine()}; CPU ms, median [min, max] of ${values.times}`);
const bare = median(found['node -e 0']);
for (const [name, times] of Object.entries(found))
  console.log(`${name}: ${spread(times, 0)} ms, ${round(median(times) / bare, 1)} x a bare node`);
