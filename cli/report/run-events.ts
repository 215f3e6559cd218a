/**
 * What one workflow's history tells a reader: what people asked of it (actor and reason), what failed, and the plans that it
 * followed. Pure, on a history as the client fetches it; fetching is history.ts's.
 */
import type { LoadedDataConverter } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { z } from 'zod';
import { CURRICULUM_UPDATES, describeControl } from '../../core/control.js';
import { planSchema, type Plan } from '../../core/plan.js';

export interface RunEvent {
  /** ISO time. */
  readonly at: string;
  /** Null for the curriculum itself. */
  readonly stage: string | null;
  readonly kind: 'control' | 'failure';
  readonly text: string;
  /** Of an update: the same one passed on to a stage has the same id. */
  readonly id: string | null;
}
export interface ReadHistory {
  readonly events: readonly RunEvent[];
  /** The one it began with and each one it went on with. */
  readonly plans: readonly Plan[];
  /** Run that this one continues, as new. */
  readonly before: string | null;
}

type Event = NonNullable<History['events']>[number];
type Payloads = Parameters<typeof decodeArrayFromPayloads>[1];

const bySchema = z.looseObject({ actor: z.string(), reason: z.string().default('') });

export async function readRun(
  history: History,
  stage: string | null,
  converter: LoadedDataConverter,
): Promise<ReadHistory> {
  const events: RunEvent[] = [];
  const plans: Plan[] = [];
  const refused = new Map<string, string>();
  const activities = new Map<string, string>();
  let before: string | null = null;
  for (const event of history.events ?? []) {
    const at = isoTime(event.eventTime);
    const say = (kind: RunEvent['kind'], text: string, id: string | null = null): void =>
      void events.push({ at, stage, kind, text, id });

    const started = event.workflowExecutionStartedEventAttributes;
    if (started) {
      before = started.continuedExecutionRunId || null;
      plans.push(...(await plansIn(converter, started.input?.payloads)));
    }
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) activities.set(String(event.eventId), scheduled.activityType?.name ?? 'an activity');
    const completed = event.activityTaskCompletedEventAttributes;
    if (completed && activities.get(String(completed.scheduledEventId)) === 'planAgain')
      plans.push(...(await plansIn(converter, completed.result?.payloads)));
    const ended = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    if (ended?.failure)
      say(
        'failure',
        `${activities.get(String(ended.scheduledEventId)) ?? 'an activity'}: ${failureWords(ended.failure)}`,
      );

    const accepted = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest;
    if (accepted) {
      const [input] = await decode(converter, accepted.input?.args?.payloads);
      say('control', controlWords(accepted.input?.name ?? '?', input), accepted.meta?.updateId ?? null);
    }
    const answered = event.workflowExecutionUpdateCompletedEventAttributes;
    const why = answered?.outcome?.failure?.message;
    if (why) refused.set(answered.meta?.updateId ?? '', why);
    const cancel = event.workflowExecutionCancelRequestedEventAttributes;
    if (cancel && stage === null)
      say('control', `cancelled by ${cancel.identity || 'somebody'}${cancel.cause ? `: ${cancel.cause}` : ''}`);
    const terminated = event.workflowExecutionTerminatedEventAttributes;
    if (terminated)
      say(
        'control',
        `terminated by ${terminated.identity || 'somebody'}${terminated.reason ? `: ${terminated.reason}` : ''}`,
      );
    const failed = event.workflowExecutionFailedEventAttributes;
    if (failed?.failure) say('failure', `ended as failed: ${failureWords(failed.failure)}`);
  }
  return {
    events: events.map((e) =>
      e.id !== null && refused.has(e.id) ? { ...e, text: `${e.text} — failed: ${refused.get(e.id) ?? ''}` } : e,
    ),
    plans,
    before,
  };
}

/** Seconds are a Long from a server, and a number from a file. */
function isoTime(time: Event['eventTime']): string {
  return new Date(Number(time?.seconds?.toString() ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6)).toISOString();
}

/** `amended by ann: slower (training.learning_rate = 0.0001, from step 40)` */
export function controlWords(update: string, input: unknown): string {
  const by = bySchema.safeParse(input);
  const known = CURRICULUM_UPDATES.find((name) => name === update);
  if (!by.success) return `${update} asked; who and why could not be read`;
  const { actor, reason, ...rest } = by.data;
  const what = detailWords(rest);
  const words =
    known === undefined
      ? `${update} by ${actor}${reason === '' ? '' : `: ${reason}`}`
      : describeControl(known, { actor, reason });
  return what === '' ? words : `${words} (${what})`;
}

function detailWords(rest: Readonly<Record<string, unknown>>): string {
  return Object.entries(rest)
    .flatMap(([name, value]) => {
      if (name === 'set' && typeof value === 'object' && value !== null)
        return Object.entries(value).map(([setting, to]) => `${setting} = ${JSON.stringify(to)}`);
      if (value === false || value === null) return [];
      if (value === true) return [name.replaceAll('_', ' ')];
      if (name === 'from') return [`from step ${JSON.stringify(value)}`];
      return [`${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`];
    })
    .join(', ');
}

function failureWords(
  failure: NonNullable<NonNullable<Event['activityTaskFailedEventAttributes']>['failure']>,
): string {
  const type = failure.applicationFailureInfo?.type;
  const inner = failure.cause?.message ? ` (${failure.cause.message})` : '';
  return `${type ? `${type}: ` : ''}${failure.message ?? 'no message'}${failure.applicationFailureInfo ? '' : inner}`;
}

async function plansIn(converter: LoadedDataConverter, payloads: Payloads): Promise<Plan[]> {
  return (await decode(converter, payloads)).flatMap((value) => {
    const plan: unknown = typeof value === 'object' && value !== null && 'plan' in value ? value.plan : value;
    const parsed = planSchema.safeParse(plan);
    return parsed.success ? [parsed.data] : [];
  });
}

/** Nothing where a codec of another client was used: then this part of the history is not ours to read. */
async function decode(converter: LoadedDataConverter, payloads: Payloads): Promise<unknown[]> {
  try {
    return await decodeArrayFromPayloads(converter, payloads);
  } catch {
    return [];
  }
}
