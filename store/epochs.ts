/**
 * Epochs: one runner launch each, claimed exclusively (design.md, idea 5). A claim names the checkpoint that the launch resumes
 * from. It does not touch processes: whether a runner is really gone is the host's to prove, by `endEpoch(..., 'gone')`.
 */
import { z } from 'zod';
import type { CheckpointRef, EpochClaim, EpochEnd, Owner, StageResult } from '../core/checkpoint.js';
import { sameOwner, stageResultSchema } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { highestClaim, listEpochFolders, newerEpoch, readClaim, readEnd } from './claims.js';
import { failPoint } from './fail-point.js';
import { layout } from './layout.js';
import type { Manifests, PassedOver } from './manifests.js';
import type { Objects } from './objects.js';
import { createRecord, readRecord, recordText } from './records.js';

const renewalSchema = z.strictObject({ count: z.int().min(0) });
const MAX_RACES = 50;
/** How an epoch ended that fell silent and was claimed over. */
const SUPERSEDED = 'superseded';

export interface ClaimRequest {
  readonly key: string;
  readonly owner: Owner;
  readonly host: string;
  readonly devices: readonly string[];
  /** Forget all checkpoints (an operator's choice). Default false. */
  readonly fromStart?: boolean;
  /** A renewal that stands still this long, by this process's own clock, frees the epoch. Default 15 s. */
  readonly epochTtlMs?: number;
}
export type Claimed =
  | { readonly kind: 'claimed'; readonly claim: EpochClaim }
  | { readonly kind: 'finished'; readonly result: StageResult };

export interface Epochs {
  /**
   * Claims the next epoch, or gives the one that this owner (run_id and attempt) has already and that has not ended.
   * @throws StagewrightError EpochHeld while another runner renews the highest epoch (or until its silence has lasted);
   * EpochLost when the owner's own epoch was superseded; CheckpointElsewhere when only another host can read the newest one.
   */
  claimEpoch(request: ClaimRequest): Promise<Claimed>;
  highestEpoch(key: string): Promise<EpochClaim | null>;
  readClaim(key: string, epoch: number): Promise<EpochClaim | null>;
  /** Number of a newer epoch than `epoch`, which fences it; null when it is the highest. */
  newerEpoch(key: string, epoch: number): Promise<number | null>;
  renewEpoch(key: string, epoch: number, count: number): Promise<void>;
  readEnd(key: string, epoch: number): Promise<EpochEnd | null>;
  /** The first caller's `how` stays. */
  endEpoch(key: string, epoch: number, how: string): Promise<void>;
}

export function createEpochs(objects: Objects, manifests: Manifests): Epochs {
  /** By epoch: the renewal count seen last and since when, on this process's clock. Clocks of hosts differ. */
  const watched = new Map<string, { count: number; since: number }>();

  const assertFree = async (claim: EpochClaim, ttlMs: number): Promise<void> => {
    const { key, epoch, host, claimed_at } = claim;
    if ((await readEnd(objects, key, epoch)) !== null) return;
    const count = (await readRecord(objects, layout.renewal(key, epoch), renewalSchema))?.count ?? -1;
    const now = performance.now();
    const id = `${key}/${epoch}`;
    const seen = watched.get(id);
    if (seen !== undefined && seen.count === count && now - seen.since >= ttlMs) return;
    if (seen?.count !== count) watched.set(id, { count, since: now });
    throw new StagewrightError(
      'EpochHeld',
      `epoch ${epoch} of stage ${key.slice(0, 12)} is held by a runner on ${host} since ${claimed_at}`,
      { key, epoch, host },
    );
  };

  const chooseResume = async (
    request: ClaimRequest,
    highest: EpochClaim | null,
  ): Promise<{ resume_from: CheckpointRef | null; passed_over: PassedOver[] }> => {
    if (highest === null || request.fromStart === true) return { resume_from: null, passed_over: [] };
    const { manifest, passedOver } = await manifests.newestManifest(request.key, highest.epoch);
    if (manifest === null) return { resume_from: null, passed_over: [...passedOver] };
    const { epoch, step, reach } = manifest;
    if (reach !== 'shared' && reach !== `host:${request.host}`)
      throw new StagewrightError(
        'CheckpointElsewhere',
        `the checkpoint of step ${step} (epoch ${epoch}) can be read on ${reach.slice('host:'.length)} only`,
        { key: request.key, epoch, step, reach },
      );
    return { resume_from: { epoch, step }, passed_over: [...passedOver] };
  };

  const claimEpoch: Epochs['claimEpoch'] = async (request) => {
    const { key, owner, host, devices, epochTtlMs = 15_000 } = request;
    for (let race = 0; race < MAX_RACES; race++) {
      const highest = await highestClaim(objects, key);
      if (highest !== null) {
        const result = await readRecord(objects, layout.result(key, highest.epoch), stageResultSchema);
        if (result !== null) return { kind: 'finished', result };
        // An epoch of one's own that has ended is over like any other: the next one follows it.
        if (sameOwner(highest.owner, owner) && (await readEnd(objects, key, highest.epoch)) === null)
          return { kind: 'claimed', claim: highest };
        await assertNotSuperseded(key, owner, highest.epoch);
        await assertFree(highest, epochTtlMs);
        // It may have ended by finishing, since its result was looked for.
        const late = await readRecord(objects, layout.result(key, highest.epoch), stageResultSchema);
        if (late !== null) return { kind: 'finished', result: late };
      }
      const claim: EpochClaim = {
        schema: 'stagewright/epoch@1',
        key,
        epoch: (highest?.epoch ?? 0) + 1,
        owner: { ...owner },
        host,
        devices: [...devices],
        ...(await chooseResume(request, highest)),
        claimed_at: new Date().toISOString(),
      };
      failPoint('epoch-claim-before');
      const won = await createRecord(objects, layout.claim(key, claim.epoch), claim);
      failPoint('epoch-claim-after');
      if (won) {
        // A silent epoch is over now, whatever its runner thinks: what it left may be collected.
        if (highest !== null) await endEpoch(key, highest.epoch, SUPERSEDED);
        return { kind: 'claimed', claim };
      }
    }
    throw new StagewrightError('EpochHeld', `stage ${key.slice(0, 12)}: others claimed its epochs ${MAX_RACES} times`);
  };

  const endEpoch: Epochs['endEpoch'] = async (key, epoch, how) => {
    const end: EpochEnd = { schema: 'stagewright/epoch-end@1', epoch, how, ended_at: new Date().toISOString() };
    await createRecord(objects, layout.end(key, epoch), end);
  };

  const assertNotSuperseded = async (key: string, owner: Owner, highest: number): Promise<void> => {
    for (const epoch of await listEpochFolders(objects, key)) {
      if (epoch >= highest) continue;
      const claim = await readClaim(objects, key, epoch);
      if (claim === null || !sameOwner(claim.owner, owner)) continue;
      const end = await readEnd(objects, key, epoch);
      if (end === null || end.how === SUPERSEDED)
        throw new StagewrightError('EpochLost', `epoch ${epoch} of this attempt was superseded by ${highest}`, {
          key,
          epoch,
        });
    }
  };

  return {
    claimEpoch,
    highestEpoch: (key) => highestClaim(objects, key),
    readClaim: (key, epoch) => readClaim(objects, key, epoch),
    newerEpoch: (key, epoch) => newerEpoch(objects, key, epoch),
    renewEpoch: (key, epoch, count) =>
      objects.putReplace(layout.renewal(key, epoch), recordText({ count }), { durable: false }),
    readEnd: (key, epoch) => readEnd(objects, key, epoch),
    endEpoch,
  };
}
