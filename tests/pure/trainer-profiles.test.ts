/** The host's file of trainers: whose profile it is, what is wrong by file, line and key, and what a prefix becomes. */
import { describe, expect, it } from 'vitest';
import { asLaunched, timersOf } from '../../activities/training/launch-profile.js';
import { StagewrightError } from '../../core/failures.js';
import { timersSchema } from '../../core/launch.js';
import { trainerProfileSchema } from '../../core/trainer-profile.js';
import { filledWords, throughPrefix } from '../../runner/prefix.js';
import { parseTrainerProfiles, readTrainerProfiles } from '../../runner/trainer-profiles.js';

const KNOWN = [
  { name: 'onnx', version: '1' },
  { name: 'trl', version: '1.9', versions: ['1.8', '1.9'] },
];
const parse = (text: string): ReturnType<typeof parseTrainerProfiles> => parseTrainerProfiles(text, 't.yaml', KNOWN);
const complaintOf = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof StagewrightError && error.type === 'SettingsMissing') return error.message;
    throw error;
  }
  return '';
};

describe('The file of trainers', () => {
  it("gives a trainer its version's profile, else its own, else none", () => {
    const profiles = parse(
      'trainers:\n  trl: { command: [/opt/trl/bin/python] }\n  "trl@1.8": { command: [/opt/old/bin/python], stop_grace: 90 }\n',
    );
    expect(profiles.of({ name: 'trl', version: '1.9' })).toMatchObject({
      command: ['/opt/trl/bin/python'],
      prefix: [],
      wandb: null,
      stall: { load: 1_800, factor: 5 },
    });
    expect(profiles.of({ name: 'trl', version: '1.8' })).toMatchObject({ command: ['/opt/old/bin/python'] });
    expect(profiles.of({ name: 'onnx', version: '1' })).toBeNull();
  });

  it('says nothing of any trainer where there is none', async () => {
    expect((await readTrainerProfiles(null)).of({ name: 'trl', version: '1.9' })).toBeNull();
  });

  it.each([
    [
      'trainers:\n  trl: { comand: [python3] }\n',
      't.yaml:2:10: trainers.trl.comand: unknown key; did you mean "command"?',
    ],
    [
      'trainers:\n  trl:\n    stall:\n      rolout: 5\n',
      't.yaml:4:7: trainers.trl.stall.rolout: unknown key; did you mean "rollout"?',
    ],
    [
      'trainers:\n  trl:\n    wandb: { project: p, entitty: e }\n',
      't.yaml:3:26: trainers.trl.wandb.entitty: unknown key; did you mean "entity"?',
    ],
    ['trainers:\n  trll: {}\n', 't.yaml:2:3: trainers.trll: no trainer "trll" is installed; did you mean "trl"?'],
    [
      'trainers:\n  "trl@1.7": {}\n',
      't.yaml:2:3: trainers.trl@1.7: trainer trl has no version "1.7"; did you mean "1.8"?',
    ],
    ['trainers:\n  trl: { command: python3 }\n', 't.yaml:2:10: trainers.trl.command: expected array'],
    [
      'trainers:\n  trl: { prefix: [docker, run, "--name={markr}"] }\n',
      't.yaml:2:10: trainers.trl.prefix: unknown placeholder {markr}; did you mean "marker"?',
    ],
    ['trainers:\n  trl: { env: { "2A": x } }\n', 'must be the name of an environment variable'],
    ['trainer: {}\n', 't.yaml:1:1: trainer: unknown key; did you mean "trainers"?'],
    ['trainers: [\n', 't.yaml:'],
  ])('names what is wrong in %j', (text, message) => {
    expect(complaintOf(text)).toContain(message);
  });

  it.each([
    'trainers:\n  trl: { env: { HF_TOKEN: abc } }\n',
    'trainers:\n  trl: { prefix: [docker, run, "-e", "X=hf_abcdefghijklmnopqrstuvwx"] }\n',
  ])('refuses a secret and does not repeat it: %j', (text) => {
    expect(complaintOf(text)).toContain('looks like a secret; put it into the worker’s environment');
    expect(complaintOf(text)).not.toMatch(/abc/);
  });
});

describe('A prefix', () => {
  const values = { marker: 'm1', devices: ['0', '3'], runFolder: '/h/runs/m1', store: '/srv/store' };

  it('is put before a command with its placeholders filled in, and names each variable that must reach through it', () => {
    const prefix = [
      'docker',
      'run',
      '--name=sw-{marker}',
      '--gpus=device={devices}',
      '-v={store}:{store}',
      '--env={env}',
    ];
    const command = { argv: ['python3', 'train.py'], cwd: '/w', env: { RAY_ADDRESS: '', A: 'backend' } };
    const through = throughPrefix(command, { prefix, env: { A: 'host', B: 'host' }, secrets: ['HF_TOKEN'] }, values);
    expect(through).toEqual({
      argv: [
        ...['docker', 'run', '--name=sw-m1', '--gpus=device=0,3', '-v=/srv/store:/srv/store'],
        ...['A', 'B', 'CUDA_VISIBLE_DEVICES', 'HF_TOKEN', 'RAY_ADDRESS', 'STAGEWRIGHT_RUN'].map(
          (name) => `--env=${name}`,
        ),
        ...['python3', 'train.py'],
      ],
      cwd: '/w',
      // What the backend sets guards the run: the host's file does not undo it.
      env: { A: 'backend', B: 'host', RAY_ADDRESS: '' },
    });
  });

  it('leaves braces that are no placeholders alone', () => {
    expect(filledWords(['{{.Names}}', '${HOME}', '{run_folder}/x'], values)).toEqual([
      '{{.Names}}',
      '${HOME}',
      '/h/runs/m1/x',
    ]);
  });

  it('comes with what the runner must know; without a profile a launch stays as it was rendered', () => {
    const rendered = {
      job: { a: 1 },
      train: { argv: ['t'], cwd: '/w', env: {} },
      export: { argv: ['e'], cwd: '/w', env: {} },
    };
    expect(asLaunched(rendered, null, values)).toEqual(rendered);
    const profile = trainerProfileSchema.parse({
      prefix: ['srun'],
      stop: ['docker', 'stop', 'sw-{marker}'],
      stop_grace: 2.5,
      secrets: ['HF_TOKEN'],
    });
    expect(asLaunched(rendered, profile, values)).toMatchObject({
      train: { argv: ['srun', 't'] },
      export: { argv: ['srun', 'e'] },
      profile: { prefix: ['srun'], stop: ['docker', 'stop', 'sw-m1'], secrets: ['HF_TOKEN'], device_free_mib: 1_024 },
    });
    expect(timersOf(timersSchema.parse({}), profile).stop_grace_ms).toBe(2_500);
  });
});
