/** Failures and what was done about them: each attempt by the store's records, then what people and activities did, by the server's. */
import { FAILURES, isFailureType } from '../../core/failures.js';
import type { AttemptFigures, RecipeFigures, StageFigures } from './figures.js';
import { html, type Html } from './html.js';
import { count } from './part-asked.js';

/** Events beyond these are folded away. */
const SHOWN = 60;
const ENDS: Readonly<Record<string, string>> = {
  done: 'All steps trained, weights exported.',
  stopped: 'Stopped at a checkpoint, as it was asked to.',
  gone: 'Its processes were found dead.',
  superseded: 'It fell silent and was claimed over.',
};

export function eventsPart({ stages, history }: RecipeFigures): Html {
  const rows = stages.flatMap((stage) =>
    stage.attempts.map((attempt, i) => ({ stage, attempt, next: stage.attempts[i + 1] })),
  );
  const broken = rows.filter(({ attempt }) => attempt.ended !== 'done' && attempt.ended !== null);
  return html`<p>
      ${
        broken.length === 0
          ? 'No attempt broke off.'
          : `${count(broken.length, 'attempt')} of ${rows.length} ended before the stage was done.`
      }
    </p>
    ${rows.length === 0 ? null : attemptTable(rows)}
    <h3>What people did, and what failed on the way</h3>
    ${
      history.missing !== null
        ? html`<p class="note">
            This part is missing: ${history.missing}. It comes from the curriculum’s history on a Temporal server; the
            rest of this page is from the store.
          </p>`
        : eventTable(history.events)
    }`;
}

interface Row {
  readonly stage: StageFigures;
  readonly attempt: AttemptFigures;
  readonly next: AttemptFigures | undefined;
}

function attemptTable(rows: readonly Row[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Attempts">
    <table>
      <thead>
        <tr>
          <th scope="col">stage</th>
          <th scope="col" class="num">epoch</th>
          <th scope="col">began</th>
          <th scope="col">where</th>
          <th scope="col" class="num">steps</th>
          <th scope="col">ended</th>
          <th scope="col">what came of it</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(attemptRow)}
      </tbody>
    </table>
  </div>`;
}

function attemptRow({ stage, attempt, next }: Row): Html {
  const { ended, devices, from_step, last_step } = attempt;
  const bad = ended !== null && ended !== 'done' && ended !== 'stopped';
  return html`<tr>
    <th scope="row">${stage.name}</th>
    <td class="num">${attempt.epoch}</td>
    <td>${time(attempt.claimed_at)}</td>
    <td>${attempt.host}${devices.length === 0 ? '' : `: ${devices.join(', ')}`}</td>
    <td class="num">${last_step === null ? '–' : `${from_step + 1}–${last_step}`}</td>
    <td class="wrap">
      ${ended === null ? 'no end seen' : html`<b class="${bad ? 'bad' : ''}">${ended}</b> <span class="interval">${endMeaning(ended)}</span>`}
    </td>
    <td class="wrap">${consequence(stage, attempt, next)}</td>
  </tr>`;
}

function endMeaning(ended: string): string {
  return isFailureType(ended) ? FAILURES[ended].meaning : (ENDS[ended] ?? '');
}

function consequence(stage: StageFigures, attempt: AttemptFigures, next: AttemptFigures | undefined): string {
  const parts = (next?.passed_over ?? []).map(
    (passed) => `Checkpoint of step ${passed.step} (epoch ${passed.epoch}) was passed over: ${passed.reason}.`,
  );
  if (next !== undefined)
    parts.push(
      `Epoch ${next.epoch} went on ${next.from_step === 0 ? 'from the stage’s start' : `from step ${next.from_step}`}.`,
    );
  else if (stage.left !== null) parts.push(`The stage was ${stage.left.how} at step ${stage.left.step}.`);
  else if (stage.state === 'done') parts.push('The stage is done.');
  else parts.push(`The stage is ${stage.state}.`);
  if (attempt.overtaken_steps > 0) parts.push(`${count(attempt.overtaken_steps, 'step')} overtaken.`);
  return parts.join(' ');
}

function eventTable(events: RecipeFigures['history']['events']): Html {
  if (events.length === 0) return html`<p>Nothing: nobody intervened, and no activity failed.</p>`;
  const table = (part: typeof events): Html =>
    html`<div class="scroll" tabindex="0" role="region" aria-label="Events">
      <table>
        <thead>
          <tr>
            <th scope="col">when (UTC)</th>
            <th scope="col">of</th>
            <th scope="col">what</th>
          </tr>
        </thead>
        <tbody>
          ${part.map(
            ({ at, stage, kind, text }) =>
              html`<tr>
                <td>${time(at)}</td>
                <td>${stage ?? 'the curriculum'}</td>
                <td class="wrap">${kind === 'failure' ? html`<span class="bad">${text}</span>` : text}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  return html`${table(events.slice(0, SHOWN))}
  ${
    events.length > SHOWN
      ? html`<details>
          <summary>${count(events.length - SHOWN, 'more event')}</summary>
          ${table(events.slice(SHOWN))}
        </details>`
      : null
  }`;
}

function time(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}
