/**
 * Device leases of one host: all or nothing, named devices, idempotent per owner (workflow run and attempt). A lease is held
 * until the runner's process tree is proved gone; it knows nothing of epochs, which live in the store. Temporal-free.
 */
import { StagewrightError } from '../../../core/failures.js';
import { sameOwner, type Owner } from '../../../core/checkpoint.js';
import { isRunnerCommand } from '../../../runner/launcher.js';
import { isAlive, processesOf, sweep, type ProcessIdentity } from '../../../runner/processes.js';
import { openLeaseFile } from './lease-file.js';
import {
  devicesOf,
  grant,
  leaseOf,
  without,
  type Inventory,
  type Lease,
  type LeaseRequest,
  type LeaseTable,
} from './lease-table.js';

/** A lease whose runner was never started lapses after this. */
const UNBOUND_MS = 90_000;

export interface Leases {
  /**
   * Named devices for this owner, the same ones when asked again; empty = a CPU slot.
   * @throws StagewrightError NoFreeDevice saying which stages hold them and since when.
   */
  acquire(request: LeaseRequest): Promise<readonly string[]>;
  /** Names the runner whose life the lease follows. @throws StagewrightError NoFreeDevice when the owner has no lease. */
  bindRunner(owner: Owner, runner: ProcessIdentity): Promise<void>;
  /** No lease is fine. @throws StagewrightError StopIncomplete naming the pids of the run that live. */
  release(owner: Owner): Promise<void>;
  /** As granted now; some may have lapsed. */
  list(): readonly Lease[];
}

export interface LeaseOptions extends Inventory {
  /** Wall clock in ms since 1970; for tests. */
  readonly now?: () => number;
}

export function openLeases(hostFolder: string, { devices, cpuSlots, now = Date.now }: LeaseOptions): Leases {
  const file = openLeaseFile(hostFolder);

  /** What is left of dead runners' trees is ended first, outside the lock: only then may their devices be granted. */
  const lapse = async (): Promise<void> => {
    for (const lease of file.read().leases) {
      if (!hasLapsed(lease, now())) continue;
      const left = await sweep(lease.marker);
      if (left.length > 0) continue;
      await file.change((table) => {
        const same = leaseOf(table, lease.owner);
        // It may have been bound to a new runner, or released, since it was looked at.
        return same !== undefined && hasLapsed(same, now()) ? without(table, lease.owner) : table;
      });
    }
  };

  return {
    list: () => file.read().leases,
    async acquire(request) {
      await lapse();
      const table = await file.change((before) =>
        leaseOf(before, request.owner) !== undefined
          ? refreshed(before, request.owner, new Date(now()).toISOString())
          : grant(before, request, { devices, cpuSlots }, new Date(now()).toISOString()),
      );
      const lease = leaseOf(table, request.owner);
      return lease === undefined ? [] : devicesOf(lease);
    },
    async bindRunner(owner, runner) {
      await file.change((table) => {
        const lease = leaseOf(table, owner);
        if (lease === undefined)
          throw new StagewrightError('NoFreeDevice', `attempt ${owner.attempt} has no lease to run under`);
        const bound: Lease = { ...lease, runner: { pid: runner.pid, start_time: runner.start_time } };
        return { ...table, leases: table.leases.map((other) => (sameOwner(other.owner, owner) ? bound : other)) };
      });
    },
    async release(owner) {
      const lease = leaseOf(file.read(), owner);
      if (lease === undefined) return;
      const alive = await livingAfterExit(lease.marker);
      if (alive.length > 0)
        throw new StagewrightError(
          'StopIncomplete',
          `processes ${alive.join(', ')} of stage ${lease.key.slice(0, 12)} still live: ${lease.holds.join(', ')} stay leased`,
          { pids: alive.map(String), key: lease.key },
        );
      await file.change((table) => without(table, owner));
    },
  };
}

/** Asked for again before its runner was started: the time until it lapses begins anew. */
function refreshed(table: LeaseTable, owner: Owner, granted_at: string): LeaseTable {
  const leases = table.leases.map((lease) =>
    sameOwner(lease.owner, owner) && lease.runner === null ? { ...lease, granted_at } : lease,
  );
  return { ...table, leases };
}

/** Dead runner, or none for too long. A live one keeps its devices, also while it is stopped (SIGSTOP). */
function hasLapsed(lease: Lease, now: number): boolean {
  if (lease.runner !== null) {
    if (isAlive(lease.runner, lease.marker)) return false;
    // The runner may be another one than was bound, if whoever started it died before it said so.
    return !processesOf(lease.marker).some(({ argv }) => isRunnerCommand(argv));
  }
  if (now - Date.parse(lease.granted_at) < UNBOUND_MS) return false;
  return !processesOf(lease.marker).some(({ argv }) => isRunnerCommand(argv));
}

/** A runner takes a moment to exit after its last words. */
async function livingAfterExit(marker: string): Promise<number[]> {
  for (let tries = 0; ; tries++) {
    const pids = processesOf(marker)
      .map(({ pid }) => pid)
      .filter((pid) => pid !== process.pid);
    if (pids.length === 0 || tries === 40) return pids;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
