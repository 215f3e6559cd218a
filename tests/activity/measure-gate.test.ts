/** What gates measure, from files of a real store: shares of an evaluation, means over the steps that count. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measureGate } from '../../activities/evaluation/measure-gate.js';
import { sha256Hex } from '../../core/canonical-json.js';
import { gateSchema, type MeasuredGate } from '../../core/gate.js';
import type { PlannedEvaluation, PlannedStage } from '../../core/plan.js';
import { layout } from '../../store/layout.js';
import type { Store } from '../../store/store.js';
import { readTrainingLog } from '../../store/training-log.js';
import { claim, KEY, owner, temporaryStore } from '../support/runs.js';

// Only names and keys of both are looked at.
const stage = { name: 'perception', key: KEY } as PlannedStage;
const evaluation = { key: sha256Hex('an evaluation') } as PlannedEvaluation;
const gate = (settings: object): MeasuredGate => {
  const parsed = gateSchema.parse(settings);
  if (parsed.on === 'approval') throw new Error('measures nothing');
  return parsed;
};

async function summarise(store: Store): Promise<void> {
  await store.commitEvaluation(evaluation.key, 'summary.json', {
    schema: 'stagewright/evaluation@1',
    key: evaluation.key,
    weights: KEY,
    weights_sha256: KEY,
    data: KEY,
    n: 300,
    correct: 180,
    format: 290,
    by_capability: { perception: { n: 200, correct: 150 }, textual_reasoning: { n: 100, correct: 30 } },
    by_kind: {
      at: { n: 200, correct: 150, format: 195, tokens: 1000 },
      add: { n: 100, correct: 30, format: 95, tokens: 900 },
    },
    by_digit: {},
    by_letter: {},
    visual_errors: { n: 0, misread: 0 },
  });
}

function writeMetrics(store: Store, key: string, epoch: number, values: readonly (readonly [number, number])[]): void {
  const lines = values.map(([step, reward]) =>
    JSON.stringify({
      objective: 'rlvr',
      step,
      loss: 0.1,
      grad_norm: 1,
      learning_rate: 0.001,
      tokens: 10,
      tokens_per_second: 10,
      seconds: 1,
      prompt_ids_sha256: KEY,
      reward,
      accuracy: reward,
      format: 1,
      mixed_groups: 0.5,
      kl: 0,
      entropy: 0.3,
      clip_fraction: 0,
      trace_length: 12,
    }),
  );
  const file = store.objects.path(layout.metrics(key, epoch));
  mkdirSync(dirname(file), { recursive: true });
  // A killed trainer's last line is torn.
  writeFileSync(file, `${lines.join('\n')}\n{"objective":"rlvr","st`);
}

describe('an evaluation', () => {
  it('is measured over all rows, a capability or a kind', async () => {
    const store = await temporaryStore();
    await summarise(store);
    const measure = (settings: object): Promise<unknown> =>
      measureGate(store, {
        gate: gate({ on: 'evaluation', data: 'heldout', min: 0.5, ...settings }),
        stage,
        evaluation,
      });
    expect(await measure({})).toEqual({ value: 0.6, n: 300 });
    expect(await measure({ capability: 'perception' })).toEqual({ value: 0.75, n: 200 });
    expect(await measure({ kind: 'add' })).toEqual({ value: 0.3, n: 100 });
    expect(await measure({ kind: 'at', metric: 'format' })).toEqual({ value: 0.975, n: 200 });
    await expect(measure({ kind: 'largest' })).rejects.toMatchObject({
      type: 'GateUnmeasurable',
      message: expect.stringContaining('no question of kind largest; it has add, at') as string,
    });
  });

  it('that is not there cannot be measured', async () => {
    const store = await temporaryStore();
    const asked = { gate: gate({ on: 'evaluation', data: 'heldout', min: 0.5 }), stage, evaluation };
    await expect(measureGate(store, asked)).rejects.toMatchObject({
      type: 'GateUnmeasurable',
      message: expect.stringContaining('stage perception was not evaluated on heldout') as string,
    });
    await expect(measureGate(store, { ...asked, evaluation: null })).rejects.toMatchObject({
      type: 'GateUnmeasurable',
    });
  });
});

describe('training', () => {
  it('is measured over the last steps that count, not over what an overtaken attempt trained', async () => {
    const store = await temporaryStore();
    const first = await claim(store);
    writeMetrics(store, KEY, 1, [
      [1, 0.1],
      [2, 0.2],
      [3, 0.9],
      [4, 0.9],
    ]);
    await store.commitManifest({
      schema: 'stagewright/manifest@1',
      key: KEY,
      epoch: first.epoch,
      step: 2,
      root: 'epochs/1/checkpoints/step-2',
      kind: 'own',
      files: [{ path: 'nothing', size: 0, sha256: sha256Hex('') }],
      reach: 'shared',
      data_position: null,
      topology: {},
      trainer: { name: 'stand-in', version: '1' },
    });
    mkdirSync(store.objects.path('stages/' + KEY + '/epochs/1/checkpoints/step-2'), { recursive: true });
    writeFileSync(store.objects.path('stages/' + KEY + '/epochs/1/checkpoints/step-2/nothing'), '');
    await store.endEpoch(KEY, 1, 'gone');
    await store.claimEpoch({ key: KEY, owner: owner(2), host: 'host-a', devices: [] });
    writeMetrics(store, KEY, 2, [
      [3, 0.4],
      [4, 0.6],
    ]);

    expect((await readTrainingLog(store, KEY)).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    const measure = (settings: object): Promise<unknown> =>
      measureGate(store, {
        gate: gate({ on: 'training', metric: 'reward', min: 0, ...settings }),
        stage,
        evaluation: null,
      });
    expect(await measure({ last_steps: 2 })).toEqual({ value: 0.5, n: 2 });
    expect(await measure({ last_steps: 10 })).toEqual({ value: expect.closeTo(0.325) as number, n: 4 });
    expect(await measure({ last_steps: 1, metric: 'trace_length' })).toEqual({ value: 12, n: 1 });

    // Skipped at step 2, whose weights were handed over: what came after is thrown away.
    const skipped = { gate: gate({ on: 'training', metric: 'reward', min: 0 }), stage, evaluation: null };
    expect(await measureGate(store, { ...skipped, up_to: 2 })).toEqual({
      value: expect.closeTo(0.15) as number,
      n: 2,
    });
    await expect(measureGate(store, { ...skipped, up_to: 0 })).rejects.toMatchObject({ type: 'GateUnmeasurable' });

    // The stage was amended at step 3: its log goes on from there.
    const amended = sha256Hex('amended');
    await store.claimEpoch({ key: amended, owner: owner(1, 'amended'), host: 'host-a', devices: [] });
    writeMetrics(store, amended, 1, [[4, 0.8]]);
    const log = await readTrainingLog(store, amended, { key: KEY, step: 3 });
    expect(log.map((line) => (line.objective === 'rlvr' ? line.reward : null))).toEqual([0.1, 0.2, 0.4, 0.8]);
  });

  it('without such a metric, or without a log, cannot be measured', async () => {
    const store = await temporaryStore();
    const asked = { gate: gate({ on: 'training', metric: 'kl', max: 1 }), stage, evaluation: null };
    await expect(measureGate(store, asked)).rejects.toMatchObject({
      type: 'GateUnmeasurable',
      message: expect.stringContaining('its log of 0 steps has no kl') as string,
    });
  });
});
