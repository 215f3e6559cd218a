/** docs/failures.md as text, from the one table of failures. */
import { assertNever } from '../../core/assert-never.js';
import { FAILURES, type FailureRule, type Verdict } from '../../core/failures.js';

export function failuresPage(): string {
  const rows = Object.entries(FAILURES).map(
    ([type, rule]: [string, FailureRule]) => `| \`${type}\` | ${rule.meaning} | ${words(rule.verdict)} |`,
  );
  return `# Failures

Every failure has one of these types. The table in \`core/failures.ts\` decides what a stage does about it; this page is printed from
it (\`npm run docs\`).

A count of tries starts again whenever a newer checkpoint was made since. "Waits" means that the stage asks a question, which
\`stagewright status\` shows with the commands that answer it; nothing that was committed is lost meanwhile.

| type | what it means | what happens |
|---|---|---|
${rows.join('\n')}
`;
}

function words(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'retry': {
      const { attempts, initialSeconds, maxSeconds } = verdict;
      const pause = `after ${initialSeconds} s, doubling up to ${maxSeconds} s`;
      return attempts === null
        ? `tried again, ${pause}, for as long as it takes`
        : `tried again, ${pause}; waits for an answer after ${attempts} tries without progress`;
    }
    case 'fail':
      return 'the stage fails: correct the recipe or the data';
    case 'park':
      return 'the stage waits for an answer';
    case 'reattach':
      return 'attached again on the same host; if that is gone, resumed elsewhere from the newest checkpoint';
    default:
      return assertNever(verdict);
  }
}
