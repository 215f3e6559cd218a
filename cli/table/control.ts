/** Commands that ask something of a run: each is an update, except Temporal’s own cancel; cli/commands.ts puts the families together. */
import type { CommandSpec, OptionSpec } from '../command-spec.js';
import { MEANT, actor, json, reason, variant } from './common-options.js';

const control = (
  name: string,
  summary: string,
  options: readonly OptionSpec[] = [],
  more?: string,
  examples?: readonly string[],
): CommandSpec => ({
  group: 'Control a run',
  usage: `${name} [recipe]`,
  summary,
  options: [...options, variant, reason, actor, json],
  more: more === undefined ? MEANT : `${more} ${MEANT}`,
  ...(examples === undefined ? {} : { examples }),
  server: true,
  load: async () => (await import('../commands/control.js')).controlAction(name),
});

const values = 'values are YAML: 3, 0.1, true, cosine, {kind: cosine, final: 0.1}';

export const CONTROL: readonly CommandSpec[] = [
  control(
    'pause',
    'save a checkpoint, stop the trainer and free its device; `resume` goes on from there',
    [],
    'Where a trainer cannot save on demand it stops at its last checkpoint, and the status says how many steps that costs.',
  ),
  control('resume', 'go on after `pause`'),
  control('approve', 'let a run past the gate that it waits at'),
  control('reject', 'end a run at the gate that it waits at; it ends as stopped'),
  control('retry', 'answer a stage that failed out of its tries: try again', [
    ['--set <key=value>', `change a setting under execution: first; may be repeated; ${values}`, []],
    ['--restart', 'forget all its checkpoints and begin it anew'],
  ]),
  control('skip', 'end the stage under way and hand over the weights of one of its checkpoints', [
    ['--step <n>', 'which; 0 = the weights that it started from (default: the newest)'],
  ]),
  control(
    'amend',
    'change settings of the stage under way, or of a later one',
    [
      ['--set <key=value>', `setting to change; may be repeated; ${values}`, []],
      ['--stage <name>', 'stage to change (default: the one under way)'],
      ['--from <step>', 'go on from this checkpoint in place of the newest: a roll-back'],
      ['--weights-only', 'take the checkpoint’s weights only: a break in lineage'],
    ],
    'A change of what the stage learns ends it as superseded; a new stage goes on from its checkpoint with optimizer, data position and step count.',
    [
      'stagewright amend --set training.learning_rate=0.0002 --reason "KL runs away"',
      'stagewright amend recipe.yaml --set training.kl_coefficient=0.02 --from 40',
    ],
  ),
  control('stop', 'end a run after the next checkpoint of the stage under way; it ends as stopped'),
  {
    group: 'Control a run',
    usage: 'cancel [recipe]',
    summary:
      'Temporal’s own cancel, as in its UI: checkpoint if the trainer can, then end; equal stages are reused later',
    options: [variant],
    more: MEANT,
    server: true,
    load: async () => (await import('../commands/cancel.js')).cancel,
  },
];
