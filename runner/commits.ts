/**
 * Turns whole checkpoint folders of our own trainer into manifests, oldest first: reads what the folder says of itself, checks
 * every byte, looks for a newer epoch before and after. Then prunes. A folder that is not whole is left alone and said once.
 */
import type { CheckpointRef, Manifest } from '../core/checkpoint.js';
import type { Committed, Launch } from '../core/launch.js';
import { checkFiles } from '../store/file-check.js';
import { layout } from '../store/layout.js';
import type { Store } from '../store/store.js';
import type { Backend } from './backends/backend.js';
import type { RunnerLog } from './log.js';
import type { Renewal } from './renewal.js';
import type { StepGuard } from './step-guard.js';

export interface Commits {
  /** Commits what is new. @throws StagewrightError of the store; call again later. */
  commitNew(): Promise<void>;
  newest(): CheckpointRef | null;
  /** By this runner. */
  committed(): Committed;
}

export function createCommits(
  store: Store,
  launch: Launch,
  backend: Backend,
  guard: StepGuard,
  renewal: Renewal,
  log: RunnerLog,
): Commits {
  const { key, epoch } = launch;
  const settled = new Set<number>();
  let newest: CheckpointRef | null = launch.resume_from;
  let committed: Committed = { count: 0, bytes: 0, seconds: 0, at: null };
  const folderOf = (step: number): string => layout.checkpoint(key, epoch, step);

  const manifestOf = async (step: number): Promise<Manifest | null> => {
    const folder = store.objects.path(folderOf(step));
    try {
      const found = await backend.readCheckpoint(folder, launch.job);
      const verdict = await checkFiles(folder, found.files);
      if (found.step !== step || verdict.kind === 'damaged') {
        const why = verdict.kind === 'damaged' ? `${verdict.file}: ${verdict.why}` : `it says step ${found.step}`;
        log(`checkpoint ${folder} is not whole: ${why}`);
        return null;
      }
      return {
        schema: 'stagewright/manifest@1',
        key,
        epoch,
        step,
        root: folderOf(step).slice(layout.stage(key).length + 1),
        kind: 'own',
        files: [...found.files],
        reach: launch.reach,
        data_position: found.data_position,
        topology: backend.topology(launch.job),
        trainer: launch.trainer,
      };
    } catch (error) {
      // The store must be asked again; what else goes wrong here is this folder's.
      await store.objects.list(layout.checkpoints(key, epoch));
      log(`checkpoint ${folder} cannot be read`, error);
      return null;
    }
  };

  return {
    newest: () => newest,
    committed: () => committed,
    async commitNew() {
      const steps = (await store.objects.list(layout.checkpoints(key, epoch)))
        .flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? [])
        .map(Number)
        .filter((step) => !settled.has(step) && guard.admits(step))
        .sort((a, b) => a - b);
      for (const step of steps) {
        const begun = performance.now();
        const manifest = await manifestOf(step);
        if (manifest !== null) {
          if (await renewal.check()) return;
          await store.commitManifest(manifest);
          if (await renewal.check()) return;
          newest = { epoch, step };
          committed = {
            count: committed.count + 1,
            bytes: committed.bytes + manifest.files.reduce((sum, { size }) => sum + size, 0),
            seconds: committed.seconds + (performance.now() - begun) / 1000,
            at: Date.now(),
          };
        }
        settled.add(step);
        if (manifest !== null) await store.prune(key, epoch, launch.keep_checkpoints);
      }
    },
  };
}
