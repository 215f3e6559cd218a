/**
 * Hostile answers: each ends within the verifier's own bounds, none throws, none is taken for right. No clock is read here; how long
 * each takes says bench/verifier/hostile.mjs.
 */
import { expect, test } from 'vitest';
import { hostile } from '../../bench/verifier/hostile-answers.mjs';
import { BOUNDS, burnt } from '../../core/verify/bounds.js';
import { VERIFIERS, type VerifierName } from '../../core/verify/verifiers.js';

const items = hostile();
/** Of a test here, on a crowded machine; what is counted is steps. */
const TIMEOUT = 120_000;

test(
  'no hostile answer throws, is right, or burns more than its tank',
  () => {
    for (const { name, pred } of items)
      for (const verifier of Object.keys(VERIFIERS) as VerifierName[]) {
        if (verifier === 'format') continue;
        const result = VERIFIERS[verifier]({ gold: '5', pred });
        expect(result.verdict, `${verifier}: ${name}`).not.toBe('correct');
        if (verifier === 'math') expect(burnt(), name).toBeLessThan(BOUNDS.fuel * 1.2);
      }
  },
  TIMEOUT,
);

test(
  'nor does a hostile gold, or one that is answered by itself',
  () => {
    for (const { name, pred } of items) {
      expect(['wrong', 'ungradable'], name).toContain(VERIFIERS.math({ gold: pred, pred: '\\boxed{5}' }).verdict);
      expect(() => VERIFIERS.math({ gold: pred, pred }), name).not.toThrow();
      expect(() => VERIFIERS.exact({ gold: pred, pred }), name).not.toThrow();
    }
  },
  TIMEOUT,
);

test('not even what is no string throws', () => {
  const broken = { gold: undefined, pred: null } as unknown as { gold: string; pred: string };
  expect(VERIFIERS.math(broken).verdict).toBe('ungradable');
});
