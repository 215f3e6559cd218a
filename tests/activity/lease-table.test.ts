/** Device leases with real files and real processes. */
import { spawn } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLeases } from '../../activities/training/leases/leases.js';
import { identify, isAlive, sweep } from '../../runner/processes.js';
import { eventually, KEY, owner, temporaryFolder } from '../support/runs.js';

const request = (attempt: number, gpus = 1) => ({
  key: KEY,
  owner: owner(attempt),
  gpus,
  marker: `lease-test-${attempt}`,
});

/** A process that the sweep and the leases take for one of run `marker`. */
function startProcess(marker: string): { pid: number; start_time: string } {
  const child = spawn('sleep', ['1000'], {
    env: { ...process.env, STAGEWRIGHT_RUN: marker },
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  const identity = child.pid === undefined ? null : identify(child.pid);
  if (identity === null) throw new Error('no process');
  return identity;
}

describe('leases', () => {
  it('give all or nothing, named, the same again, and say who holds what', async () => {
    const leases = openLeases(await temporaryFolder(), {
      devices: ['0', '1', '2', '3', '4', '5', '6', '7'],
      cpuSlots: 0,
    });
    expect(await leases.acquire(request(1, 4))).toEqual(['0', '1', '2', '3']);
    expect(await leases.acquire(request(2, 4))).toEqual(['4', '5', '6', '7']);
    expect(await leases.acquire(request(1, 4))).toEqual(['0', '1', '2', '3']);
    await expect(leases.acquire(request(3, 1))).rejects.toMatchObject({ type: 'NoFreeDevice' });
    await leases.release(owner(1));
    await expect(leases.acquire(request(3, 5))).rejects.toThrow(
      `4 of 8 devices are free, 5 wanted; held by stage ${KEY.slice(0, 12)} since`,
    );
    expect(await leases.acquire(request(3, 2))).toEqual(['0', '1']);
    await expect(leases.acquire(request(4, 0))).rejects.toMatchObject({ type: 'NoFreeDevice' });
  });

  it('give CPU slots by count', async () => {
    const leases = openLeases(await temporaryFolder(), { devices: ['0'], cpuSlots: 1 });
    expect(await leases.acquire(request(1, 0))).toEqual([]);
    await expect(leases.acquire(request(2, 0))).rejects.toMatchObject({ type: 'NoFreeDevice' });
    expect(await leases.acquire(request(3, 1))).toEqual(['0']);
  });

  it('are kept by a stopped runner and lapse with a dead one, after its tree was ended', async () => {
    const leases = openLeases(await temporaryFolder(), { devices: ['0'], cpuSlots: 0 });
    const { marker } = request(1);
    try {
      await leases.acquire(request(1));
      const runner = startProcess(marker);
      const trainer = startProcess(marker);
      await leases.bindRunner(owner(1), runner);
      process.kill(runner.pid, 'SIGSTOP');
      await expect(leases.acquire(request(2))).rejects.toMatchObject({ type: 'NoFreeDevice' });
      await expect(leases.release(owner(1))).rejects.toMatchObject({ type: 'StopIncomplete', details: { key: KEY } });
      process.kill(runner.pid, 'SIGKILL');
      await eventually('the runner is dead', () => !isAlive(runner, marker));
      expect(isAlive(trainer, marker)).toBe(true);
      expect(await leases.acquire(request(2))).toEqual(['0']);
      expect(isAlive(trainer, marker)).toBe(false);
    } finally {
      await sweep(marker);
    }
  });

  it('that were never bound to a runner lapse after 90 s', async () => {
    const folder = await temporaryFolder();
    let now = Date.UTC(2026, 0, 1);
    const leases = openLeases(folder, { devices: ['0'], cpuSlots: 0, now: () => now });
    await leases.acquire(request(1));
    now += 89_000;
    await expect(leases.acquire(request(2))).rejects.toMatchObject({ type: 'NoFreeDevice' });
    now += 2_000;
    expect(await leases.acquire(request(2))).toEqual(['0']);
    await expect(leases.bindRunner(owner(1), { pid: process.pid, start_time: '1' })).rejects.toMatchObject({
      type: 'NoFreeDevice',
    });
  });

  it('never give a device twice, whatever is acquired, released and killed, from several openings at once', async () => {
    const action = fc.record({
      what: fc.constantFrom('acquire' as const, 'release' as const, 'bind' as const, 'kill' as const),
      who: fc.integer({ min: 1, max: 5 }),
      gpus: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), { maxLength: 10 }),
        async (rounds) => {
          const folder = await temporaryFolder();
          // Two workers of one host.
          const openings = [0, 1].map(() => openLeases(folder, { devices: ['a', 'b', 'c', 'd'], cpuSlots: 0 }));
          const runners = new Map<number, { pid: number; start_time: string }>();
          const granted = new Map<number, readonly string[]>();
          const act = async (
            { what, who, gpus }: { what: string; who: number; gpus: number },
            i: number,
          ): Promise<void> => {
            const leases = openings[i % 2];
            const runner = runners.get(who);
            if (leases === undefined) return;
            if (what === 'acquire') granted.set(who, await leases.acquire(request(who, gpus)));
            else if (what === 'release') await leases.release(owner(who));
            else if (what === 'bind' && runner === undefined && leases.list().some((l) => l.owner.attempt === who)) {
              const started = startProcess(request(who).marker);
              runners.set(who, started);
              await leases.bindRunner(owner(who), started);
            } else if (what === 'kill' && runner !== undefined) {
              process.kill(runner.pid, 'SIGKILL');
              runners.delete(who);
            }
          };
          try {
            for (const round of rounds) {
              await Promise.all(
                round.map((a, i) =>
                  act(a, i).catch((error: unknown) => {
                    if (!(error instanceof Error && 'type' in error)) throw error;
                  }),
                ),
              );
              const table = openings[0]?.list() ?? [];
              const held = table.flatMap((lease) => lease.holds);
              expect(new Set(held).size).toBe(held.length);
              // No grant is lost to another opening's write: who was granted, and neither released nor killed, is in the table.
              for (const { what, who } of round) if (what === 'release' || what === 'kill') granted.delete(who);
              for (const [who, devices] of granted)
                expect(table.find((lease) => lease.owner.attempt === who)?.holds).toEqual(
                  devices.map((d) => `device/${d}`),
                );
            }
          } finally {
            for (let who = 1; who <= 5; who++) await sweep(request(who).marker);
          }
        },
      ),
      { numRuns: 12, seed: 4 },
    );
  });
});
