/**
 * `npm run data-campaign -- [--captions 100000 --kills 6] [--keep]`: data-campaign.ts, first with a tenth of the captions to hold the
 * worker's memory against. Exit 0 only if all that is asserted holds; the last line of standard output is the summary.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import prettyBytes from 'pretty-bytes';
import { runDataCampaign } from './data-campaign.js';
import { IN_FLIGHT } from './data-run.js';

/** Of the worker's memory with ten times the rows: what a garbage collector leaves to chance. */
const MOST_GROWTH = 1.5;

const say = (text: string): void => void process.stderr.write(`data-campaign: ${text}\n`);
const { values } = parseArgs({
  options: {
    captions: { type: 'string', default: '100000' },
    kills: { type: 'string', default: '6' },
    keep: { type: 'boolean', default: false },
  },
});
const captions = Number(values.captions);
const kills = Number(values.kills);
if (!Number.isInteger(captions) || captions < 100 || !Number.isInteger(kills) || kills < 0) {
  say('--captions takes a whole number from 100, --kills one from 0');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'stagewright-data-campaign-'));
const problems: string[] = [];
let summary = 'data campaign failed';
try {
  const small = await runDataCampaign({
    captions: Math.ceil(captions / 10),
    kills: 0,
    folder: join(folder, 'small'),
    say,
  });
  rmSync(join(folder, 'small'), { recursive: true });
  const large = await runDataCampaign({ captions, kills, folder: join(folder, 'large'), say });
  problems.push(...small.problems, ...large.problems);
  const peaks = [small.peak.undisturbed, large.peak.undisturbed] as const;
  if (peaks[1] > peaks[0] * MOST_GROWTH)
    problems.push(
      `the worker took ${prettyBytes(peaks[1])} for ${captions} captions and ${prettyBytes(peaks[0])} for a tenth of them`,
    );
  summary =
    `data campaign: ${captions} captions, ${large.kept} kept, ${kills} kills: ${problems.length === 0 ? 'same bytes' : 'FAILED'}; ` +
    `${large.requests} requests, ${large.repeats} repeats (at most ${IN_FLIGHT} in flight x ${kills} kills = ${IN_FLIGHT * kills}; ` +
    `${large.unanswered} had no journaled answer when something was killed), 0 of a journaled answer; made again: ${large.again} requests; ` +
    `worker's peak ${prettyBytes(peaks[1])}, ${prettyBytes(large.peak.disturbed)} when killed, ${prettyBytes(peaks[0])} with a tenth`;
} catch (error) {
  problems.push(error instanceof Error ? error.message : String(error));
}
for (const problem of problems) process.stdout.write(`FAILED: ${problem}\n`);
process.stdout.write(`${summary}\n`);
if (values.keep || problems.length > 0) say(`files are kept in ${folder}`);
else rmSync(folder, { recursive: true, force: true });
process.exit(problems.length === 0 ? 0 : 1);
