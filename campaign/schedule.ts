/** What is killed, when and what is damaged: drawn from the seed before anything runs, so that a campaign can be repeated. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';

/** Aimed kills by phase: fail points of store/, runner/ and trainers/onnx, see `git grep failPoint`. */
export const FAIL_POINTS = {
  save: ['save-begin', 'save-mid', 'save-before-rename'],
  'save to manifest': ['save-after-rename', 'manifest-before', 'manifest-after'],
  export: ['export-begin', 'export-mid', 'export-before', 'result-before', 'result-after'],
  'hand-over': ['take-over'],
  'epoch claim': ['epoch-claim-before', 'epoch-claim-after'],
  step: ['step'],
  prune: ['prune-mid'],
} as const satisfies Record<string, readonly string[]>;
export type Phase = keyof typeof FAIL_POINTS;

export const VICTIMS = ['trainer', 'runner', 'worker', 'server', 'cli', 'all'] as const;
export type Victim = (typeof VICTIMS)[number];
export type Damage = 'truncate' | 'flip';

export type PlannedKill = (
  | { readonly kind: 'aimed'; readonly phase: Phase; readonly point: string; readonly nth: number }
  | { readonly kind: 'timed'; readonly victim: Victim }
) & {
  /** Milliseconds of undisturbed work before it. */
  readonly afterMs: number;
  /** Done to the newest checkpoint of the unfinished stage before what was killed is started again. */
  readonly damage: Damage | null;
};

export interface ScheduleOptions {
  readonly seed: number;
  readonly kills: number;
}

/** Four of ten kills are aimed; one of five damages a checkpoint, then everything is killed so that nothing holds it in memory. */
export function drawSchedule({ seed, kills }: ScheduleOptions): PlannedKill[] {
  const random = xoroshiro128plus(seed);
  const draw = (n: number): number => uniformInt(random, 0, n - 1);
  const pick = <T>(items: readonly T[]): T => items[draw(items.length)] as T;
  const phases = Object.keys(FAIL_POINTS) as Phase[];
  return Array.from({ length: kills }, (_, i): PlannedKill => {
    const afterMs = 300 + draw(3_000);
    // Every fifth kill is followed by damage, every second one (of ten: 1, 3, 5, 7, 9) is aimed: spread, not clustered.
    const damage: Damage | null = i % 5 === 3 ? pick(['truncate', 'flip'] as const) : null;
    if (damage !== null) return { kind: 'timed', victim: 'all', afterMs, damage };
    if (i % 2 === 0) {
      const phase = phases[(i / 2) % phases.length] as Phase;
      return { kind: 'aimed', phase, point: pick(FAIL_POINTS[phase]), nth: 1, afterMs, damage };
    }
    return { kind: 'timed', victim: VICTIMS[((i - 1) / 2) % VICTIMS.length] as Victim, afterMs, damage };
  });
}
