/** The table of device leases on one host and its rules, as plain data: who may hold what. No files, no processes, no clock. */
import { z } from 'zod';
import { ownerSchema, sameOwner, sha256Schema, type Owner } from '../../../core/checkpoint.js';
import { StagewrightError } from '../../../core/failures.js';

export const leaseSchema = z.strictObject({
  key: sha256Schema,
  owner: ownerSchema,
  /** Value of STAGEWRIGHT_RUN of the processes that may use the devices. */
  marker: z.string().min(8),
  /** What is held: `device/<name>` or `slot/<n>`. */
  holds: z.array(z.string()).min(1),
  granted_at: z.iso.datetime(),
  /** The runner; null until it was started. */
  runner: z.strictObject({ pid: z.int(), start_time: z.string() }).nullable(),
});
export type Lease = z.infer<typeof leaseSchema>;

export const leaseTableSchema = z.strictObject({
  schema: z.literal('stagewright/leases@1'),
  leases: z.array(leaseSchema),
});
export type LeaseTable = z.infer<typeof leaseTableSchema>;
export const EMPTY_TABLE: LeaseTable = { schema: 'stagewright/leases@1', leases: [] };

export interface LeaseRequest {
  readonly key: string;
  readonly owner: Owner;
  /** Devices wanted; 0 takes one CPU slot. */
  readonly gpus: number;
  readonly marker: string;
}
export interface Inventory {
  /** GPU names as CUDA_VISIBLE_DEVICES takes them. */
  readonly devices: readonly string[];
  /** Stages without a GPU that may train here at once. */
  readonly cpuSlots: number;
}

export function leaseOf(table: LeaseTable, owner: Owner): Lease | undefined {
  return table.leases.find((lease) => sameOwner(lease.owner, owner));
}
export function without(table: LeaseTable, owner: Owner): LeaseTable {
  return { ...table, leases: table.leases.filter((lease) => !sameOwner(lease.owner, owner)) };
}

/** All or nothing. @throws StagewrightError NoFreeDevice saying what holds them. */
export function grant(table: LeaseTable, request: LeaseRequest, inventory: Inventory, now: string): LeaseTable {
  const { key, owner, gpus, marker } = request;
  const [all, wanted, what] =
    gpus === 0
      ? [Array.from({ length: inventory.cpuSlots }, (_, i) => `slot/${i}`), 1, 'CPU slots']
      : [inventory.devices.map((name) => `device/${name}`), gpus, 'devices'];
  const held = new Map(table.leases.flatMap((lease) => lease.holds.map((hold) => [hold, lease] as const)));
  const free = all.filter((name) => !held.has(name));
  if (free.length < wanted) {
    const holders = table.leases.filter((lease) => lease.holds.some((hold) => all.includes(hold)));
    const words = holders.map((lease) => `stage ${lease.key.slice(0, 12)} since ${lease.granted_at}`);
    throw new StagewrightError(
      'NoFreeDevice',
      `${free.length} of ${all.length} ${what} are free, ${wanted} wanted${words.length === 0 ? '' : `; held by ${words.join(', ')}`}`,
      { free: free.length, of: all.length, wanted, holders: holders.map((lease) => lease.key) },
    );
  }
  const lease: Lease = {
    key,
    owner: { ...owner },
    marker,
    holds: free.slice(0, wanted),
    granted_at: now,
    runner: null,
  };
  return { ...table, leases: [...table.leases, lease] };
}

/** Names that the runner gives to its trainer; none for a CPU slot. */
export function devicesOf(lease: Lease): string[] {
  return lease.holds.filter((hold) => hold.startsWith('device/')).map((hold) => hold.slice('device/'.length));
}
