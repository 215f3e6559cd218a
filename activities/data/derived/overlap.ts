/** A set without the rows that benchmarks hold. No model is asked: benchmarks are indexed, then the rows go by one by one. */
import type { FunnelCounter } from '../../../core/data/funnel.js';
import type { DerivedDerivation } from '../../../core/data-source.js';
import { StagewrightError } from '../../../core/failures.js';
import type { PlannedData } from '../../../core/plan.js';
import type { Store } from '../../../store/store.js';
import type { InputSet } from './input.js';
import type { SetFiles } from './set-files.js';

export interface OverlapWork {
  readonly store: Store;
  readonly data: PlannedData;
  readonly derivation: Extract<DerivedDerivation, { generator: 'overlap' }>;
  readonly inputs: readonly InputSet[];
  readonly files: SetFiles;
  readonly funnel: FunnelCounter;
  readonly signal: AbortSignal;
}

export async function assembleOverlap({ data }: OverlapWork): Promise<void> {
  throw new StagewrightError('Internal', `data set ${data.name}: overlaps are not made yet`);
}
