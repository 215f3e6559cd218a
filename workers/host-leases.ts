/** What is leased on a host now, read without changing anything; for whoever only looks. */
import { openLeases, type Leases } from '../activities/training/leases/leases.js';

/** @throws StagewrightError Internal when the lease file is damaged. */
export function readLeases(hostFolder: string): ReturnType<Leases['list']> {
  return openLeases(hostFolder, { devices: [], cpuSlots: 0 }).list();
}
