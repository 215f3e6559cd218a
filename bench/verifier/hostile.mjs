#!/usr/bin/env node
/** Times the hostile answers, all in one thread, and names the slowest. Needs a build: `node bench/verifier/hostile.mjs`. */
import { VERIFIERS } from '../../dist/core/verify/verifiers.js';
import { hostile } from './hostile-answers.mjs';

const items = hostile();
VERIFIERS.math({ gold: '5', pred: '\\boxed{5}' });
const before = process.memoryUsage().rss;
const taken = items.map(({ name, pred }) => {
  const start = process.cpuUsage();
  const { verdict, reason } = VERIFIERS.math({ gold: '5', pred });
  const { user, system } = process.cpuUsage(start);
  return { name, verdict, reason: reason ?? '', milliseconds: (user + system) / 1_000 };
});
taken.sort((a, b) => b.milliseconds - a.milliseconds);
const total = taken.reduce((sum, one) => sum + one.milliseconds, 0);
for (const one of taken.slice(0, Number(process.argv[2] ?? 10)))
  console.log(`${one.milliseconds.toFixed(1).padStart(9)} ms  ${one.name} (${one.verdict} ${one.reason})`);
console.log(`${items.length} answers in ${(total / 1_000).toFixed(2)} s of CPU; the slowest: ${taken[0].name}`);
console.log(
  `right: ${taken.filter((one) => one.verdict === 'correct').length}; memory grew by ${((process.memoryUsage().rss - before) / 2 ** 20).toFixed(0)} MiB`,
);
