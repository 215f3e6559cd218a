/** Control of a run by commands as persons type them, against a worker that trains; and each way in which they are refused. */
import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readSearchAttributes, registerSearchAttributes, switchedOff } from '../../client/search-attributes.js';
import type { CurriculumStatus } from '../../core/states.js';
import { runCli, type Ended } from '../support/cli.js';
import { openCluster, type Cluster } from '../support/cluster.js';

const address = inject('temporalAddress');
/** A namespace of its own: nobody else registers search attributes in it. */
const namespace = `control-${process.pid}`;
let cluster: Cluster;
let client: Client;
let file: string;
let env: NodeJS.ProcessEnv;
const cli = (...args: string[]): Promise<Ended> => runCli(args, { env });
const status = async (): Promise<CurriculumStatus> =>
  JSON.parse((await cli('status', 'ctl', '--json')).stdout) as CurriculumStatus;

async function until(look: (status: CurriculumStatus) => boolean): Promise<CurriculumStatus> {
  for (;;) {
    const seen = await status();
    if (look(seen)) return seen;
    await sleep(200);
  }
}
const stateOf = ({ stages }: CurriculumStatus, name: string): string | undefined =>
  stages.findLast((stage) => stage.name === name)?.state;

beforeAll(async () => {
  const connection = await Connection.connect({ address });
  client = new Client({ connection, namespace });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  // The server's own caches take some seconds to know it.
  for (;;)
    try {
      for await (const _ of client.workflow.list({ query: "WorkflowType = 'none'" })) break;
      break;
    } catch {
      await sleep(500);
    }
  cluster = await openCluster(address, { TEMPORAL_NAMESPACE: namespace });
  env = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    STAGEWRIGHT_QUEUE_PREFIX: cluster.prefix,
    STAGEWRIGHT_STORE: join(cluster.home, 'store'),
  };
  file = join(cluster.home, 'ctl.yaml');
  writeFileSync(
    file,
    `name: ctl
model: tiny
data:
  base: { generator: digits, split: base, count: 64, scenes: 16, mix: { at: 1 } }
  see: { generator: digits, split: rl, count: 32, mix: { at: 1 } }
stages:
  - { name: base, capability: base, objective: sft, data: base, training: { steps: 4, batch_size: 8, learning_rate: 0.003 } }
  - name: see
    capability: perception
    objective: rlvr
    data: see
    training: { steps: 100000, batch_size: 16, rollouts: 8, learning_rate: 0.0004 }
    checkpoints: { save_every_steps: 20 }
    gates: [{ on: approval, question: Does it see? }]
  - { name: think, capability: x, objective: rlvr, data: see, training: { steps: 3, batch_size: 4, rollouts: 4, learning_rate: 0.0004 } }
variants:
  other: { change: { see: { training: { steps: 6 } } } }
`,
  );
});
afterAll(async () => {
  await client.connection.close();
  await cluster.close();
});

describe.sequential('without a worker', () => {
  it('a run starts, with search attributes that are not registered switched off, and says so', async () => {
    const { code, stderr } = await cli('run', file, '--detach');
    expect(stderr).toMatch(
      /search attributes are off: StagewrightRecipe, .* are not registered in namespace control-/u,
    );
    expect(stderr).toContain('watch it with: stagewright watch ctl');
    expect(code).toBe(0);
  });

  it('an update is given up after its own deadline, and says what is missing', async () => {
    // One that the worker refuses if it comes upon it later.
    const { code, stdout, stderr } = await cli('approve', 'ctl');
    expect(stderr).toMatch(/no worker took approve up for 20 s\. Is one of role control at work/u);
    expect([code, stdout]).toEqual([1, '']);
  });
});

describe.sequential('with a worker', () => {
  beforeAll(async () => {
    cluster.startWorker('all', 'ctl-host', { STAGEWRIGHT_DEVICES: '' });
    await until((seen) => stateOf(seen, 'see') === 'running' && seen.stages[1]?.attempts === 1);
  });

  it.each<[string, string[], RegExp]>([
    ['unknown variant', ['status', 'FILE', '--variant', 'othr'], /has no variant "othr"; did you mean "other"\?/u],
    ['unknown recipe', ['pause', 'ctk'], /no run of a recipe "ctk" .*did you mean "ctl"\?/u],
    ['no file', ['pause', 'no/where.yaml'], /there is no file "no\/where\.yaml"/u],
    ['unknown stage', ['logs', 'ctl', '--stage', 'sea'], /no stage "sea"; did you mean "see"\?/u],
    [
      'unknown stage of an amend',
      ['amend', 'ctl', '--stage', 'thnk', '--set', 'seed=2'],
      /"thnk".*did you mean "think"\?/u,
    ],
    [
      'unknown setting',
      ['amend', 'ctl', '--set', 'training.learning_rat=1'],
      /no setting "training\.learning_rat"; did you mean "training\.learning_rate"\?/u,
    ],
    ['a setting by its last part', ['amend', 'ctl', '--set', 'rollouts=8'], /did you mean "training\.rollouts"\?/u],
    [
      'a wrong value',
      ['amend', 'ctl', '--set', 'training.learning_rate=fast'],
      /training\.learning_rate: .*expected number/u,
    ],
    ['a secret', ['amend', 'ctl', '--set', 'training.note=hf_abcdefghijklmnopqrstuvwx'], /looks like a secret/u],
    [
      'a secret as a reason',
      ['pause', 'ctl', '--reason', 'hf_abcdefghijklmnopqrstuvwx'],
      /"reason" looks like a secret/u,
    ],
    ['approve without a gate', ['approve', 'ctl'], /approve is refused: .*no gate asks.* Allowed now: pause, /u],
    ['retry of what runs', ['retry', 'ctl'], /retry is refused: the stage is running, .*Allowed now: pause, skip, /u],
    [
      'a run that is not there',
      ['pause', 'stagewright/curriculum/ctl/0000'],
      /pause is refused: .* does not run any more/u,
    ],
  ])('%s is refused, with what would be right', async (_name, args, message) => {
    const { code, stdout, stderr } = await cli(...args.map((arg) => (arg === 'FILE' ? file : arg)));
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/hf_|^\s+at /mu);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('two operators at once: one pauses, the other is told', async () => {
    const both = await Promise.all(
      ['ann', 'ben'].map((actor) => cli('pause', 'ctl', '--actor', actor, '--reason', 'x')),
    );
    expect(both.map(({ code }) => code).sort()).toEqual([0, 2]);
    expect(both.find(({ code }) => code === 2)?.stderr).toMatch(
      /pause is refused: the stage is paus(?:ing|ed), and a second pause changes nothing/u,
    );
    expect(both.find(({ code }) => code === 0)?.stdout).toMatch(/^ctl: \w+; paused by (?:ann|ben): x/u);
    const paused = await until((seen) => stateOf(seen, 'see') === 'paused');
    expect(cluster.runs()).toEqual([]);
    expect((await cli('list')).stdout).toMatch(/^ctl\s+paused /mu);
    expect(paused.stages[1]?.last_control).toMatch(/paused by/u);
  });

  it('resume without a name means the only run that is open', async () => {
    const { code, stdout } = await cli('resume');
    expect(stdout).toMatch(/^ctl: \w+; resumed by /u);
    expect(code).toBe(0);
    await until((seen) => stateOf(seen, 'see') === 'running');
  });

  it('amend: the stage is superseded, and a new one goes on', async () => {
    const { code, stdout } = await cli(
      'amend',
      'ctl',
      '--set',
      'training.learning_rate=0.0002',
      '--reason',
      'too fast',
    );
    expect(stdout).toMatch(/^ctl: .*amended by .*too fast/u);
    expect(code).toBe(0);
    const { stages } = await until((seen) => seen.stages.filter((one) => one.name === 'see').length === 2);
    expect(stages.filter((one) => one.name === 'see')[0]?.state).toBe('superseded');
    expect((await cli('status', 'ctl')).stdout).toMatch(/see\s+[0-9a-f]{12}\s+superseded/u);
    await until((seen) => stateOf(seen, 'see') === 'running');
  });

  it('skip: a checkpoint is handed over; the watcher ends with 3 at the gate and the commands that answer', async () => {
    const watching = cli('watch', 'ctl');
    expect((await cli('skip', 'ctl', '--reason', 'enough')).code).toBe(0);
    const { code, stderr, stdout } = await watching;
    expect(stderr).toMatch(
      /the run waits: .*\n.*Does it see\?.*\n {2}stagewright approve ctl\n {2}stagewright reject ctl\n$/u,
    );
    expect([code, stdout]).toEqual([3, '']);
    expect((await cli('status', 'ctl')).stdout).toMatch(/gate after see: waiting; Does it see\?/u);
    expect((await cli('list')).stdout).toMatch(/^ctl\s+waiting /mu);
  });

  it('approve: the run goes on and ends; the logs of all stages are there', async () => {
    expect((await cli('approve', 'ctl', '--reason', 'it does')).stdout).toMatch(/approved by .*: it does/u);
    const { code, stdout } = await cli('watch', 'ctl');
    expect(stdout).toMatch(/ done\n$/u);
    expect(code).toBe(0);
    expect((await cli('pause', 'ctl')).code).toBe(2);
    expect((await cli('list')).stdout).toMatch(/^ctl\s+done /mu);
    // The embedded trainer has nothing to say; another one has.
    expect((await cli('logs', 'ctl')).stderr).toMatch(/the trainer wrote nothing to it\n$/u);
    for (const { name, key } of (await status()).stages)
      for (const epoch of readdirSync(join(cluster.home, 'store', 'stages', key, 'epochs')))
        appendFileSync(join(cluster.home, 'store', 'stages', key, 'epochs', epoch, 'trainer.log'), `this is ${name}\n`);
    const logs = await cli('logs', 'ctl');
    for (const name of ['base', 'see', 'think']) expect(logs.stdout).toContain(`${name} | this is ${name}\n`);
    expect(logs.code).toBe(0);
  });
});

describe.sequential('search attributes', () => {
  it('of another type are told from absent ones, and are not overwritten', async () => {
    const INT = 3;
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: { StagewrightStage: INT },
    });
    const found = async () => {
      for (;;) {
        const states = await readSearchAttributes(client);
        if (!states.absent.includes('StagewrightStage')) return states;
        await sleep(200);
      }
    };
    expect(await found()).toMatchObject({ otherType: ['StagewrightStage'], unknown: null });
    const after = await registerSearchAttributes(client);
    expect(after.otherType).toEqual(['StagewrightStage']);
    expect(switchedOff(after, namespace)).toContain('StagewrightStage must be of type Keyword and is not');
  });
});
