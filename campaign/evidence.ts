/**
 * What the files of a store say about a run, read without the product's own store code, so that a mistake there cannot hide
 * itself: exports by sha256, steps that the trainer's own logs show, and where each launch went on from.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EpochEvidence {
  readonly epoch: number;
  /** Step of the manifest that the launch was told to go on from; 0 = from the stage's start. */
  readonly resumedAt: number;
  readonly passedOver: number;
  /** Steps in the order in which the trainer logged them. */
  readonly steps: readonly number[];
}
export interface StageEvidence {
  readonly key: string;
  readonly epochs: readonly EpochEvidence[];
  /** sha256 of each exported file of the newest epoch, by name; null without a result. */
  readonly exported: Readonly<Record<string, string>> | null;
}

export function readStage(store: string, key: string): StageEvidence {
  const folder = join(store, 'stages', key, 'epochs');
  const numbers = existsSync(folder)
    ? readdirSync(folder)
        .map(Number)
        .filter((n) => Number.isInteger(n) && existsSync(join(folder, String(n), 'claim.json')))
        .sort((a, b) => a - b)
    : [];
  const epochs = numbers.map((epoch) => readEpoch(join(folder, String(epoch)), epoch));
  const last = numbers.at(-1);
  return { key, epochs, exported: last === undefined ? null : readExport(store, key, join(folder, String(last))) };
}

function readEpoch(folder: string, epoch: number): EpochEvidence {
  const claim = JSON.parse(readFileSync(join(folder, 'claim.json'), 'utf8')) as {
    resume_from: { step: number } | null;
    passed_over: unknown[];
  };
  const log = join(folder, 'metrics.jsonl');
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [];
  const steps = lines.map((line) => (JSON.parse(line) as { step: number }).step);
  return { epoch, resumedAt: claim.resume_from?.step ?? 0, passedOver: claim.passed_over.length, steps };
}

function readExport(store: string, key: string, folder: string): Record<string, string> | null {
  const file = join(folder, 'result.json');
  if (!existsSync(file)) return null;
  const result = JSON.parse(readFileSync(file, 'utf8')) as { export: { root: string; files: { path: string }[] } };
  const root = join(store, 'stages', key, result.export.root);
  return Object.fromEntries(
    result.export.files.map(({ path }) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(root, path)))
        .digest('hex'),
    ]),
  );
}

/** Launches whose first trained step is not where they were told to go on. */
export function wrongResumes(stage: StageEvidence): string[] {
  return stage.epochs.flatMap(({ epoch, resumedAt, steps }) =>
    steps[0] === undefined || steps[0] === resumedAt + 1
      ? []
      : [
          `stage ${stage.key.slice(0, 12)} epoch ${epoch}: told to go on after step ${resumedAt}, first trained step ${steps[0]}`,
        ],
  );
}
