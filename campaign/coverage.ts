/**
 * `npm run --silent coverage [-- --times 2000 --seed 1]`: what the intervals and comparisons of reports hold of what they promise, by
 * simulation. Fails when an interval of 95 % holds less than 93 or more than 97 in 100, or corrected comparisons cry wolf too often.
 */
import { parseArgs } from 'node:util';
import CliTable from 'cli-table3';
import { PLAIN_TABLE } from '../cli/tables.js';
import { DESIGNS } from './coverage-designs.js';
import { coverageOf, falseAlarms } from './coverage-run.js';

const BAND = [0.93, 0.97] as const;
/** Corrected families may cry wolf in 5 of 100; the rest is the noise of the simulation. */
const MOST_ALARMS = 0.06;

const { values } = parseArgs({
  options: { times: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
});
const [times, seed] = [Number(values.times), Number(values.seed)];
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const covered = DESIGNS.map((design) => coverageOf(design, seed, times));
const table = new CliTable({ ...PLAIN_TABLE, head: ['design', 'coverage', 'mean width'] });
for (const { name, coverage, width } of covered) table.push([name, percent(coverage), width.toFixed(4)]);
process.stdout.write(`${table.toString()}\n`);

const alarms = [1, 4].flatMap((size) => [1, 10].map((cells) => ({ size, ...falseAlarms(cells, size, seed, times) })));
for (const { size, cells, plain, corrected } of alarms)
  process.stdout.write(
    `${cells} comparisons of equal models, ${size} item(s) an image: any called different ${percent(plain)}, with Holm ${percent(corrected)}\n`,
  );
const wrong = [
  ...covered.filter(({ coverage }) => coverage < BAND[0] || coverage > BAND[1]).map(({ name }) => name),
  ...alarms.filter(({ corrected }) => corrected > MOST_ALARMS).map(({ cells }) => `${cells} comparisons`),
];
process.stdout.write(
  wrong.length === 0
    ? `all hold (${times} times, seed ${seed})\n`
    : `outside ${BAND.map(percent).join(' to ')}: ${wrong.join('; ')}\n`,
);
process.exitCode = wrong.length === 0 ? 0 : 1;
