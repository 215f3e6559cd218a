/** `doctor`: everything that a run needs on this host and at this server, line by line. */
import type { Diagnosis } from '../../client/doctor/checks.js';
import { coloursFor } from '../colours.js';
import type { Action } from '../commands.js';
import { EXIT } from '../exit.js';
import { settingsOf } from '../settings.js';

const pc = coloursFor(process.stdout);
const MARKS = { pass: pc.green('pass'), warn: pc.yellow('warn'), fail: pc.red('FAIL') } as const;

export const doctor: Action = async (_args, options) => {
  const { examine } = await import('../../client/doctor/checks.js');
  const json = options['json'] === true;
  const all: Diagnosis[] = [];
  for await (const one of examine(settingsOf(options), { env: process.env, fix: options['fix'] === true })) {
    if (!json) process.stdout.write(lineOf(one, all.at(-1)?.check));
    all.push(one);
  }
  const count = (verdict: Diagnosis['verdict']): number => all.filter((one) => one.verdict === verdict).length;
  if (json) process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  else process.stdout.write(`\n${count('pass')} pass, ${count('warn')} to look at, ${count('fail')} to put right\n`);
  return count('fail') === 0 ? EXIT.done : EXIT.failed;
};

function lineOf({ check, verdict, text, todo }: Diagnosis, before: string | undefined): string {
  const name = (check === before ? '' : check).padEnd(18);
  const hint = todo === null ? '' : `${' '.repeat(25)}${pc.dim('→')} ${todo}\n`;
  return `${MARKS[verdict]}  ${name} ${text}\n${hint}`;
}
