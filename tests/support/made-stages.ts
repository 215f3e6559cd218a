/** Stages made by hand in a real store: epochs, own and foreign checkpoints, results. No trainer runs. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sha256Hex } from '../../core/canonical-json.js';
import type { CheckpointRef, Manifest, Reach, StageResult } from '../../core/checkpoint.js';
import { layout } from '../../store/layout.js';
import type { Store } from '../../store/store.js';

export interface MadeStage {
  readonly key: string;
  /** Claims the next epoch; the one before is ended if it has not. */
  epoch(options?: { readonly fromStart?: boolean; readonly host?: string }): Promise<number>;
  /** Commits steps of an epoch of our own trainer, `bytes` each. */
  own(epoch: number, steps: readonly number[], bytes?: number): Promise<void>;
  /** Commits one of a foreign trainer, in `folder`. */
  foreign(epoch: number, step: number, folder: string, reach?: Reach): Promise<Manifest>;
  end(epoch: number, how?: string): Promise<void>;
  /** Result and export of the final checkpoint; ends the epoch. */
  finish(epoch: number, final: CheckpointRef): Promise<StageResult>;
  /** Absolute path of a file of an own checkpoint. */
  weights(epoch: number, step: number): string;
}

const TRAINER = { name: 'made', version: '1' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const base = (key: string, epoch: number, step: number) =>
  ({ key, epoch, step, trainer: TRAINER, data_position: null, topology: {} }) as const;

export function makeStage(store: Store, name: string, material: Record<string, unknown> = {}): MadeStage {
  const key = sha256Hex(name);
  const at = (path: string): string => store.objects.path(path);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  let attempt = 0;
  const weights = (epoch: number, step: number): string => join(at(layout.checkpoint(key, epoch, step)), 'weights');
  const textOf = (step: number, bytes: number): string => `weights of step ${step} `.padEnd(bytes, '.');
  return {
    key,
    weights,
    async epoch({ fromStart = false, host = 'host-a' } = {}) {
      const highest = await store.highestEpoch(key);
      if (highest !== null) await store.endEpoch(key, highest.epoch, 'gone');
      await store.describeStage(key, { name, material });
      attempt += 1;
      const owner = { workflow_id: 'stage', run_id: 'run', attempt };
      const claimed = await store.claimEpoch({ key, owner, host, devices: [], fromStart });
      if (claimed.kind === 'finished') throw new Error('the stage is finished');
      return claimed.claim.epoch;
    },
    async own(epoch, steps, bytes = 1000) {
      for (const step of steps) {
        const text = textOf(step, bytes);
        write(weights(epoch, step), text);
        await store.commitManifest({
          ...base(key, epoch, step),
          schema: 'stagewright/manifest@1',
          root: layout.checkpoint(key, epoch, step).slice(layout.stage(key).length + 1),
          kind: 'own',
          reach: 'shared',
          files: [{ path: 'weights', size: text.length, sha256: sha256(text) }],
        });
      }
    },
    foreign(epoch, step, folder, reach = 'shared') {
      write(join(folder, 'actor', 'model.bin'), textOf(step, 2000));
      return store.commitForeign({
        ...base(key, epoch, step),
        reach,
        root: pathToFileURL(folder).href,
        files: ['actor/model.bin'],
      });
    },
    end: (epoch, how = 'stopped') => store.endEpoch(key, epoch, how),
    async finish(epoch, final) {
      const text = `exported ${final.step}`;
      write(join(at(layout.export(key, epoch)), 'model'), text);
      const result: StageResult = {
        schema: 'stagewright/result@1',
        key,
        epoch,
        step: final.step,
        final,
        export: { root: `epochs/${epoch}/export`, files: [{ path: 'model', size: text.length, sha256: sha256(text) }] },
        trainer: TRAINER,
      };
      await store.commitResult(result);
      await store.endEpoch(key, epoch, 'done');
      return result;
    },
  };
}
