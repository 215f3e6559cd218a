/**
 * `demo`: server, worker, recipe, table and report, all owned by this process and its home folder. Killed at any time and
 * started again it goes on; finished and started again it says so.
 */
import { join, resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import { stageId } from '../../core/ids.js';
import type { CurriculumStatus } from '../../core/states.js';
import type { Action } from '../commands.js';
import { connect } from '../../client/connection.js';
import { controlRun } from '../../client/control.js';
import { EXIT, type ExitCode } from '../exit.js';
import { optionText } from '../option-text.js';
import { watchInterrupt } from '../interrupt.js';
import { LocalStack } from '../local-stack.js';
import { parseSeed, planFile, type Planned } from '../../client/plan-file.js';
import { duration } from '../progress-text.js';
import { readHistory } from '../report/history.js';
import { writeReport, type Report } from '../report/write-report.js';
import { ROOT } from '../root.js';
import { startCurriculum } from '../../client/start-curriculum.js';
import type { WatchOptions } from '../../client/watch.js';
import { widthOf } from '../tables.js';
import { requireDone, say, watchLoudly } from '../watch-loudly.js';

const RECIPES = join(ROOT, 'configs', 'recipes');
const STAGED = join(RECIPES, 'digits-staged.yaml');
const OTHERS = [join(RECIPES, 'digits-merged.yaml'), join(RECIPES, 'digits-visual-only.yaml')];

export const demo: Action = async (_args, options) => {
  const started = Date.now();
  const home = resolve(String(options['home']));
  const files = [
    typeof options['recipe'] === 'string' ? resolve(options['recipe']) : STAGED,
    ...(options['compare'] === true ? OTHERS : []),
  ];
  const seed = parseSeed(optionText(options, 'seed'), '--seed');
  // Before anything is started: a recipe with an error costs nothing.
  const planned: Planned[] = [];
  for (const file of files) planned.push(await planFile(file, { seed }));

  const interrupt = watchInterrupt(
    () => say('stopping: the trainer saves a checkpoint, then everything ends. `npm run demo` goes on from there.'),
    () => say('still stopping; a checkpoint is being saved'),
  );
  const stack = await LocalStack.start({ home, env: process.env, say });
  let report: Report;
  try {
    const client = await connect(stack.settings);
    for (const { plan } of planned) {
      if (interrupt.signal.aborted) return EXIT.interrupted;
      const code = await runRecipe(client, stack, home, plan, options['replace'] === true, interrupt.signal);
      if (code !== EXIT.done) return code;
    }
    report = await writeReport({
      store: join(home, 'store'),
      planned,
      out: join(home, 'report.html'),
      title: 'stagewright demo',
      width: widthOf(process.stdout),
      history: (plan) => readHistory(client, plan),
    });
    await client.connection.close();
  } finally {
    await stack.stop();
    interrupt.dispose();
  }
  const { text, file } = report;
  process.stdout.write(`${text}\n`);
  say(`all done in ${duration((Date.now() - started) / 1000)}; report: ${file}`);
  return EXIT.done;
};

async function runRecipe(
  client: Client,
  stack: LocalStack,
  home: string,
  plan: Planned['plan'],
  replace: boolean,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { workflowId, attached } = await startCurriculum(client, plan, stack.settings, { replace, say });
  say(`${attached ? 'going on with' : 'recipe'} ${plan.recipe}, seed ${plan.seed} (${workflowId})`);
  const end = await watchLoudly(client, workflowId, stack.settings.store, { signal, onWaiting: retryOnce(client) });
  if (end.kind === 'interrupted') return EXIT.interrupted;
  if (end.kind === 'waiting') say(`the demo ends here; what is committed stays. ${afterwards(end.status, home)}`);
  requireDone(end, plan.recipe);
  if (end.kind === 'done' && end.status.stages.every((stage) => stage.reused))
    say(`${plan.recipe}: every stage was done already`);
  return EXIT.done;
}

/** What a person may do about what it waits for. */
export function afterwards({ stages }: CurriculumStatus, home: string): string {
  const asked = stages.find((stage) => stage.state === 'waiting')?.question;
  return asked?.choices.includes('retry') === true
    ? 'Started again, it answers `retry`.'
    : `To answer, bring its server up: STAGEWRIGHT_HOME=${home} stagewright up`;
}

/** Starting the demo again is the answer `retry` to what a stage waited for at the end of the last time; asked anew, it ends the demo. */
function retryOnce(client: Client): NonNullable<WatchOptions['onWaiting']> {
  return async ({ stages }, firstLook) => {
    const stage = stages.find((s) => s.state === 'waiting');
    if (!firstLook || stage?.question?.choices.includes('retry') !== true) return false;
    say(`stage ${stage.name} waited (${stage.question.type}): ${stage.question.reason} Trying again.`);
    const args = { actor: 'demo', reason: 'started again' };
    await controlRun(client, stageId(stage.key), { update: 'retry', args });
    return true;
  };
}
