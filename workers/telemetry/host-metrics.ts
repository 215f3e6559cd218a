/** What a worker's host is and has, as metrics, from a timer: devices, slots, disks, the store. It belongs to no run. */
import { statfs } from 'node:fs/promises';
import type { Metrics } from '../../activities/support/metrics.js';
import { openLeases } from '../../activities/training/leases/leases.js';
import type { Settings } from '../settings.js';
import { every } from './every.js';

const LOOK_MS = 5_000;

/** @returns ends it */
export function watchDevices(settings: Settings, metrics: Metrics): () => void {
  const { devices, cpuSlots, hostFolder, metricsLookMs } = settings;
  const leases = openLeases(hostFolder, { devices, cpuSlots });
  const on = { host: settings.host };
  return every(metricsLookMs ?? LOOK_MS, async () => {
    const holds = leases.list().flatMap((lease) => lease.holds);
    metrics.set('stagewright_devices', devices.length, on);
    metrics.set('stagewright_devices_in_use', holds.filter((hold) => hold.startsWith('device/')).length, on);
    metrics.set('stagewright_cpu_slots', cpuSlots, on);
    metrics.set('stagewright_cpu_slots_in_use', holds.filter((hold) => hold.startsWith('slot/')).length, on);
  });
}

/** Space where the store and the host folder lie, and when the store last answered: one that hangs leaves that as it was. */
export function watchDisks({ host, store, hostFolder, metricsLookMs }: Settings, metrics: Metrics): () => void {
  const look = async (place: string, folder: string): Promise<void> => {
    const { bavail, blocks, bsize } = await statfs(folder);
    metrics.set('stagewright_disk_free_bytes', bavail * bsize, { host, place });
    metrics.set('stagewright_disk_size_bytes', blocks * bsize, { host, place });
    if (place === 'store') metrics.set('stagewright_store_seen_timestamp_seconds', Date.now() / 1000, { host });
  };
  const stops = Object.entries({ store, host: hostFolder }).map(([place, folder]) =>
    every(metricsLookMs ?? LOOK_MS, () => look(place, folder)),
  );
  return () => stops.forEach((stop) => stop());
}
