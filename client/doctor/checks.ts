/** All checks of `doctor`, in the order in which they are shown, and running them. */
import type { Client } from '@temporalio/client';
import { StagewrightError } from '../../core/failures.js';
import { redact } from '../../core/secrets.js';
import type { Settings } from '../../workers/settings.js';
import { connect } from '../connection.js';
import { checkDevices } from './devices.js';
import { fail, type Check, type Finding, type Patient } from './finding.js';
import { checkBundle, checkModels, checkNode, checkTrainers } from './installation.js';
import { checkLeases, checkRuns } from './left-overs.js';
import { checkSpace, checkStore, checkStoreIsTheOne } from './places.js';
import { checkSurvival } from './processes.js';
import { checkQueues } from './queues.js';
import { checkNamespace, checkSearchAttributes, checkServer } from './server.js';

export const CHECKS: readonly Check[] = [
  { name: 'server', run: checkServer },
  { name: 'namespace', run: checkNamespace },
  { name: 'search attributes', run: checkSearchAttributes },
  { name: 'queues', run: checkQueues },
  { name: 'store', run: checkStore },
  { name: 'store history', run: checkStoreIsTheOne },
  { name: 'disk', run: checkSpace },
  { name: 'devices', run: checkDevices },
  { name: 'leases', run: checkLeases },
  { name: 'runs', run: checkRuns },
  { name: 'survival', run: checkSurvival },
  { name: 'node', run: checkNode },
  { name: 'bundle', run: checkBundle },
  { name: 'trainers', run: checkTrainers },
  { name: 'models', run: checkModels },
];

export interface Diagnosis extends Finding {
  readonly check: string;
}
export interface DoctorOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly fix: boolean;
}

/** One after the other, as they are found; no secret is in them. */
export async function* examine(settings: Settings, { env, fix }: DoctorOptions): AsyncGenerator<Diagnosis> {
  const reached = await reach(settings);
  const patient: Patient = { settings, env, fix, ...reached };
  try {
    for (const { name, run } of CHECKS)
      for (const found of await guarded(run, patient)) yield { check: name, ...clean(found) };
  } finally {
    await reached.client?.connection.close();
  }
}

async function reach(settings: Settings): Promise<Pick<Patient, 'client' | 'unreachable'>> {
  try {
    return { client: await connect(settings), unreachable: null };
  } catch (error) {
    return { client: null as Client | null, unreachable: messageOf(error) };
  }
}

async function guarded(run: Check['run'], patient: Patient): Promise<readonly Finding[]> {
  try {
    return await run(patient);
  } catch (error) {
    const type = error instanceof StagewrightError ? `${error.type}: ` : '';
    return [fail(`${type}${messageOf(error)}`, 'see docs/resume-and-repair.md')];
  }
}

function clean({ verdict, text, todo }: Finding): Finding {
  return { verdict, text: redact(text), todo: todo === null ? null : redact(todo) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
