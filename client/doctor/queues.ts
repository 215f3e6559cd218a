/** Who serves the queues that runs of this host need, and whether they are of one version. */
import type { Client } from '@temporalio/client';
import { classQueue, controlQueue, cpuQueue, hostQueue } from '../../core/ids.js';
import { call } from '../connection.js';
import { fail, pass, warn, type Finding, type Patient } from './finding.js';

/** `TaskQueueType` of the server's API. */
const WORKFLOW = 1;
const ACTIVITY = 2;
/** The server forgets a poller five minutes after its last poll; a live one polls at least once a minute. */
const STALE_MS = 90_000;

interface Poller {
  readonly identity: string;
  readonly build: string | null;
  readonly seenMs: number;
}

export async function checkQueues({ settings, client }: Patient): Promise<Finding[]> {
  if (client === null) return [];
  const { queuePrefix: prefix, hostClass, host } = settings;
  const needed = [
    { queue: controlQueue(prefix), type: WORKFLOW, role: 'control' },
    { queue: cpuQueue(prefix), type: ACTIVITY, role: 'cpu' },
    { queue: classQueue(hostClass, prefix), type: ACTIVITY, role: 'gpu' },
    { queue: hostQueue(host, prefix), type: ACTIVITY, role: 'gpu' },
  ];
  const findings: Finding[] = [];
  const builds = new Map<string, string[]>();
  for (const { queue, type, role } of needed) {
    const pollers = await pollersOf(client, queue, type);
    const live = pollers.filter(({ seenMs }) => Date.now() - seenMs < STALE_MS);
    if (role === 'control')
      for (const { build, identity } of live)
        if (build !== null) builds.set(build, [...(builds.get(build) ?? []), identity]);
    const [newest] = pollers;
    if (live.length > 0) findings.push(pass(`${queue}: ${words(live)}`));
    else if (newest !== undefined)
      findings.push(
        warn(
          `${queue}: nobody has polled for ${Math.round((Date.now() - newest.seenMs) / 1000)} s (last ${newest.identity})`,
          `is that worker still there? Start one: stagewright worker --role ${role}`,
        ),
      );
    else findings.push(fail(`${queue}: no worker polls it`, `start one: stagewright worker --role ${role} (or all)`));
  }
  if (builds.size > 1)
    findings.push(
      warn(
        `control workers have ${builds.size} different workflow bundles: ${[...builds].map(([build, who]) => `${build} (${who.join(', ')})`).join('; ')}`,
        'put the same version on all of them before a run is handed from one to the other',
      ),
    );
  return findings;
}

function words(pollers: readonly Poller[]): string {
  const names = [...new Set(pollers.map(({ identity }) => identity))].sort();
  return `${names.length} ${names.length === 1 ? 'worker' : 'workers'} (${names.slice(0, 4).join(', ')}${names.length > 4 ? ', …' : ''})`;
}

/** Newest first. */
async function pollersOf(client: Client, name: string, taskQueueType: number): Promise<Poller[]> {
  const { namespace } = client.options;
  const { pollers } = await call(client, () =>
    client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType }),
  );
  return (pollers ?? [])
    .map(({ identity, lastAccessTime, workerVersionCapabilities, deploymentOptions }) => ({
      identity: identity ?? '',
      build: nonEmpty(deploymentOptions?.buildId) ?? nonEmpty(workerVersionCapabilities?.buildId),
      seenMs: Number(lastAccessTime?.seconds ?? 0) * 1000,
    }))
    .sort((a, b) => b.seenMs - a.seenMs);
}

function nonEmpty(text: string | null | undefined): string | null {
  return text === null || text === undefined || text === '' ? null : text;
}
