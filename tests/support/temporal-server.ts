/** One in-memory Temporal server for all files of the server tier: `inject('temporalAddress')` in a test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { identityOf, isAlive } from '../../cli/process-identity.js';
import { awaitServer, findFreePort, findTemporalCli, spawnServer } from '../../cli/temporal-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** host:port */
    temporalAddress: string;
    /** Folder for the workflow bundle, which the first file that needs it makes for all. */
    bundleFolder: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'stagewright-server-'));
  const log = join(folder, 'server.log');
  const port = await findFreePort();
  const server = identityOf(spawnServer({ program: await findTemporalCli(process.env), port }, log, process.env));
  const address = `127.0.0.1:${port}`;
  await awaitServer(address, () => server !== undefined && isAlive(server), log);
  project.provide('temporalAddress', address);
  project.provide('bundleFolder', folder);
  return async () => {
    if (server !== undefined && isAlive(server)) process.kill(server.pid, 'SIGTERM');
    while (server !== undefined && isAlive(server)) await new Promise((resolve) => setTimeout(resolve, 50));
    rmSync(folder, { recursive: true, force: true });
  };
}
