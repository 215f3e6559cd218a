/** The page from made results: everything that came from outside is escaped, nothing is loaded, what is shown is named. */
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { lineageChart } from '../../cli/report/lineage-chart.js';
import { numberWords } from '../../cli/report/curve-charts.js';
import { recipeFigures } from '../../cli/report/figures.js';
import type { RunHistory } from '../../cli/report/history.js';
import { reportPage } from '../../cli/report/page.js';
import { courseWords } from '../../cli/report/part-asked.js';
import { signed } from '../../cli/report/part-outcome.js';
import type { RecipeResults, StageResults } from '../../cli/report/results.js';
import { slotsOf } from '../../cli/report/slots.js';
import { countedLines, splitAttempts } from '../../cli/report/tails.js';
import type { PlannedStage } from '../../core/plan.js';
import { madeLine, madePlan, madeRecipe } from '../support/made-runs.js';

const HOSTILE = `<img src=x onerror="alert('1')"></style><script>alert(2)</script>&`;

interface Made {
  readonly to: number;
  readonly from?: readonly [epoch: number, step: number];
  readonly end: string;
  readonly host?: string;
}

function results(stage: PlannedStage, attempts: readonly Made[]): StageResults {
  const made = attempts.map(({ to, from, end, host = 'gpu-a' }, i) => {
    const epoch = i + 1;
    const start = from?.[1] ?? 0;
    return {
      claim: {
        schema: 'stagewright/epoch@1' as const,
        key: stage.key,
        epoch,
        owner: { workflow_id: 'stage', run_id: 'run', attempt: epoch },
        host,
        devices: [],
        resume_from: from === undefined ? null : { epoch: from[0], step: from[1] },
        passed_over: from === undefined ? [] : [{ epoch: from[0], step: from[1] + 10, reason: HOSTILE }],
        claimed_at: `2026-11-24T10:0${i}:00Z`,
      },
      end: { schema: 'stagewright/epoch-end@1' as const, epoch, how: end, ended_at: `2026-11-24T10:0${i}:30Z` },
      lines: Array.from({ length: to - start }, (_, n) => madeLine(stage, start + n + 1, epoch)),
      checkpoints: [to],
    };
  });
  const splits = splitAttempts(made);
  const metrics = countedLines(splits);
  return {
    stage,
    result: null,
    attempts: made,
    origin: { kind: 'scratch' },
    left: null,
    splits,
    metrics,
    log: metrics,
    evaluations: [],
  };
}

async function page(change: { description?: string; text?: string; host?: string; history?: RunHistory } = {}) {
  const recipe = { ...madeRecipe(), description: change.description };
  const plan = madePlan(madeRecipe());
  const [base, perception] = plan.stages;
  if (base === undefined || perception === undefined) throw new Error('no stages');
  const recipeResults: RecipeResults = {
    asked: plan,
    plan,
    text: change.text ?? 'name: made',
    stages: [
      results(base, [{ to: 60, end: 'done', ...(change.host === undefined ? {} : { host: change.host }) }]),
      results(perception, [
        { to: 37, end: 'TrainerExited' },
        { to: 80, from: [1, 20], end: 'done' },
      ]),
    ],
  };
  const figures = recipeFigures(recipeResults, new Map(), change.history ?? { kind: 'missing', why: 'none was asked' });
  const html = await reportPage({
    title: change.description ?? 'made',
    madeAt: new Date('2026-11-24T12:00:00Z'),
    versions: { stagewright: '0.2.0' },
    recipes: [{ recipe, results: recipeResults, figures, samples: [] }],
    comparison: [],
  });
  const { document } = parseHTML(html) as unknown as { document: Dom };
  return { html, document, figures, results: recipeResults };
}
/** As much of the DOM as is looked at: we compile without its types. */
interface Dom {
  querySelectorAll(
    selector: string,
  ): Iterable<{ textContent: string; outerHTML: string; getAttribute(name: string): string | null }>;
}
const all = (document: Dom, selector: string): string[] =>
  [...document.querySelectorAll(selector)].map((node) => node.textContent.replaceAll(/\s+/gu, ' ').trim());

describe('hostile text', () => {
  it('from the recipe, a host, a reason or the server is text and no markup', async () => {
    const event = { at: '2026-11-24T10:00:00.000Z', stage: HOSTILE, kind: 'control', text: HOSTILE, id: null } as const;
    const history: RunHistory = { kind: 'read', workflowId: 'w', status: null, events: [event], plans: [] };
    const { document, html } = await page({ description: HOSTILE, text: HOSTILE, host: HOSTILE, history });
    for (const forbidden of ['script', 'img', 'iframe', 'link', 'object'])
      expect([...document.querySelectorAll(forbidden)]).toEqual([]);
    const handlers = [...document.querySelectorAll('*')].filter((node) =>
      /<[^>]*\son[a-z]+=/u.test(node.outerHTML.split('>')[0] ?? ''),
    );
    expect(handlers).toEqual([]);
    expect([...document.querySelectorAll('style')].filter((node) => node.textContent.includes('alert'))).toEqual([]);
    for (const where of ['title', 'h1', '.lead', 'pre']) expect(all(document, where)).toContain(HOSTILE);
    expect(html).not.toContain('<script');
  });

  it('a token in a failure’s message or in the recipe is redacted', async () => {
    const token = `hf_${'a'.repeat(30)}`;
    const event = {
      at: '2026-11-24T10:00:00.000Z',
      stage: null,
      kind: 'failure',
      text: `train: ${token}`,
      id: null,
    } as const;
    const history: RunHistory = { kind: 'read', workflowId: 'w', status: null, events: [event], plans: [] };
    const { html, figures } = await page({ text: `# ${token}`, history });
    expect(html).not.toContain(token);
    expect(JSON.stringify(figures)).not.toContain(token);
    expect(html).toContain('train: [redacted]');
  });
});

describe('the page', () => {
  it('loads nothing, and its links lead to its own sections', async () => {
    const { html, document } = await page();
    expect(html.match(/(?:src|href)="(?!data:|#)[^"]*"/gu)).toBeNull();
    expect(html).not.toMatch(/@import|url\((?!#)/u);
    const ids = [...document.querySelectorAll('[id]')].map((node) => node.getAttribute('id'));
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...document.querySelectorAll('nav a')].map((node) => node.getAttribute('href')?.slice(1));
    expect(links).toHaveLength(8);
    for (const id of links) expect(ids).toContain(id);
  });

  it('reads from the top: asked, outcome, gates, curves, answers, lineage, failures, versions', async () => {
    const { document } = await page();
    expect(all(document, 'h2')).toEqual([
      'What was asked',
      'What came out',
      'Did the gates hold?',
      'Curves',
      'Questions and answers',
      'Lineage of the weights',
      'Failures, and what was done about them',
      'Versions, seeds and settings',
    ]);
  });

  it('every chart has a name and says in words what it shows', async () => {
    const { document } = await page();
    const charts = [...document.querySelectorAll('svg')];
    expect(charts.length).toBeGreaterThan(12);
    for (const chart of charts) {
      expect(chart.getAttribute('role')).toBe('img');
      expect(chart.getAttribute('aria-label')).toMatch(/\w/u);
      expect(chart.getAttribute('aria-description')).toMatch(/\d/u);
    }
  });

  it('tails are drawn in the grey that the legend names, with the number of their steps', async () => {
    const { document, html } = await page();
    expect(all(document, '.legend li').join('\n')).toContain('(17 steps)');
    // 12 curves of the stage with a tail, each one line; none of the supervised one.
    const groups = [...html.matchAll(/<g [^>]*stroke="var\(--tail\)"[^>]*aria-label="line">(.*?)<\/g>/gu)];
    const paths = groups.flatMap(([, inner = '']) =>
      [...inner.matchAll(/<path [^>]*d="([^"]*)"/gu)].map((match) => match[1] ?? ''),
    );
    expect(paths).toHaveLength(12);
    // From the last step that counts (20) through the 17 overtaken ones.
    for (const path of paths) expect(path.match(/[ML]/gu)).toHaveLength(18);
  });

  it('attempts: how each ended and what came of it', async () => {
    const { document } = await page();
    const rows = all(document, '#failures tbody tr');
    expect(rows[1]).toContain('TrainerExited');
    expect(rows[1]).toContain('Epoch 2 went on from step 20. 17 steps overtaken.');
    expect(rows[1]).toContain('Checkpoint of step 30 (epoch 1) was passed over');
    expect(all(document, '#failures')[0]).toContain('none was asked');
  });

  it('says in words how it went', async () => {
    const { figures } = await page();
    expect(courseWords(figures, {})).toBe(
      '0 of 2 stages are done: 140 steps in 3 attempts, 1 min 19 s of training. 17 steps beyond a checkpoint were overtaken by a later attempt.',
    );
  });

  it('draws no lineage where nothing was trained', () => {
    expect(lineageChart(slotsOf([]))).toBeNull();
  });
});

it('figures read as people write them', () => {
  expect([0, 0.02, 0.0004, -0.00025, 12345, 1, -3.5].map(numberWords)).toEqual([
    '0',
    '0.02',
    '4e−4',
    '−2.5e−4',
    '12.35k',
    '1',
    '−3.5',
  ]);
  expect([0.04, -0.04, 12.34, -3.21].map(signed)).toEqual(['±0.0', '±0.0', '+12.3', '−3.2']);
});
