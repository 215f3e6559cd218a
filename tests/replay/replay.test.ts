/**
 * Every stored history replays against today's workflow code: a run that began under an older version goes on under this one. An
 * incompatible change must be `patched`; a new version of a workflow adds a history (tests/replay/record.mjs), none is replaced.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import { DefaultLogger, Runtime, Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { buildBundle } from '../../workers/bundle.js';

const FOLDER = join(import.meta.dirname, 'histories');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
let options: ReplayWorkerOptions;

interface StoredEvent {
  eventType: string;
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  workflowExecutionUpdateAcceptedEventAttributes?: { acceptedRequest: { input: { name: string } } };
}
const read = (file: string): { events: StoredEvent[] } =>
  JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as { events: StoredEvent[] };

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  options = { workflowBundle: await buildBundle() };
});

test('there are histories of every workflow', () => {
  for (const workflow of ['curriculum', 'stage', 'evaluation', 'data'])
    expect(files.some((file) => file.startsWith(workflow))).toBe(true);
});

/** `answered`: questions as version 0.1 answered them; `controlled`: real workers, paused, amended, held at a gate, skipped. */
test('there are histories of every update that changes what a run does', () => {
  const updates = files
    .flatMap((file) => read(file).events)
    .map((event) => event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest.input.name);
  for (const update of ['answer', 'pause', 'resume', 'amend', 'skip', 'approve']) expect(updates).toContain(update);
});

test.each(files)('%s replays', async (file) => {
  await Worker.runReplayHistory(options, read(file));
});

test.each(files)('%s, tampered with, fails', async (file) => {
  const history = read(file);
  const scheduled = history.events.find((event) => event.activityTaskScheduledEventAttributes !== undefined);
  expect(scheduled).toBeDefined();
  if (scheduled?.activityTaskScheduledEventAttributes)
    scheduled.activityTaskScheduledEventAttributes.activityType.name = 'anotherActivity';
  await expect(Worker.runReplayHistory(options, history)).rejects.toThrow(DeterminismViolationError);
});
