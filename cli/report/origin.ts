/** Whose weights a stage starts from, and what it takes over besides. Pure. */
import { checkpointWeightsKey, type PlannedStage } from '../../core/plan.js';

interface Of {
  readonly key: string;
  readonly name: string;
}
export type Origin =
  | { readonly kind: 'scratch' }
  /** The result of a stage. */
  | ({ readonly kind: 'stage' } & Of)
  /** Weights of a checkpoint that were handed over before its stage was done. */
  | ({ readonly kind: 'checkpoint'; readonly step: number } & Of)
  /** An amended stage: weights, optimizer, data position and step count go on. */
  | ({ readonly kind: 'continues'; readonly step: number } & Of)
  /** An amended stage that took the weights only: a break in lineage. */
  | ({ readonly kind: 'weights_only'; readonly step: number } & Of)
  /** A stage that is not of this plan. */
  | { readonly kind: 'elsewhere'; readonly key: string };

/** @param exported steps whose weights were exported early, by the stage's key */
export function originOf(
  stage: PlannedStage,
  all: readonly PlannedStage[],
  exported: ReadonlyMap<string, readonly number[]>,
): Origin {
  const { parent, continues } = stage;
  if (continues !== undefined) {
    const { key, step } = continues;
    return { kind: 'continues', key, step, name: all.find((s) => s.key === key)?.name ?? stage.name };
  }
  if (parent === null) return { kind: 'scratch' };
  const whole = all.find((s) => s.key === parent);
  if (whole !== undefined) return { kind: 'stage', key: parent, name: whole.name };
  for (const { key, name } of all)
    for (const step of exported.get(key) ?? [])
      if (checkpointWeightsKey({ key, step }) === parent)
        return { kind: name === stage.name ? 'weights_only' : 'checkpoint', key, name, step };
  return { kind: 'elsewhere', key: parent };
}

/** In words, e.g. `continues perception at step 40`. */
export function originWords(origin: Origin): string {
  switch (origin.kind) {
    case 'scratch':
      return 'from scratch';
    case 'stage':
      return `from the weights of ${origin.name}`;
    case 'checkpoint':
      return `from the weights of ${origin.name} at step ${origin.step}, handed over early`;
    case 'continues':
      return `goes on from step ${origin.step} with other settings (weights, optimizer, data position and step count stay)`;
    case 'weights_only':
      return `from the weights of step ${origin.step} only; optimizer, data position and step count began anew`;
    case 'elsewhere':
      return `from the weights of stage ${origin.key.slice(0, 12)}, which is not of this plan`;
  }
}
