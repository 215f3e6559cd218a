/** Gates: which settings make one, when it is passed, and what is said when it is not. */
import { describe, expect, it } from 'vitest';
import { describeGate, gateSchema, whyFailed, type Gate, type MeasuredGate } from '../../core/gate.js';

const complaint = (gate: object): string | undefined => gateSchema.safeParse(gate).error?.issues[0]?.message;
const measured = (gate: object): MeasuredGate => gateSchema.parse(gate) as Exclude<Gate, { on: 'approval' }>;
const heldout = { on: 'evaluation', data: 'heldout' };

describe('settings', () => {
  it('that make no gate are refused, with the reason', () => {
    expect(complaint(heldout)).toBe('a gate needs min, max or both');
    expect(complaint({ ...heldout, min: 0.8, max: 0.2 })).toBe('max 0.2 is below min 0.8: nothing passes');
    expect(complaint({ ...heldout, min: 0.5, capability: 'perception', kind: 'at' })).toBe(
      'name a capability or a kind, not both',
    );
    expect(complaint({ ...heldout, min: 0.5, capability: 'perception', metric: 'format' })).toMatch(
      /not by capability/u,
    );
    expect(gateSchema.safeParse({ on: 'training', metric: 'luck', min: 1 }).success).toBe(false);
    expect(gateSchema.safeParse({ ...heldout, min: 0.5, on_failure: 'panic' }).success).toBe(false);
  });

  it('a failing gate asks a person unless told otherwise', () => {
    expect(measured({ ...heldout, min: 0.5 }).on_failure).toBe('ask');
    expect(gateSchema.parse({ on: 'approval' })).toEqual({ on: 'approval', question: 'Go on?' });
  });
});

describe('a measured gate', () => {
  it('is passed at its bounds, and says the figures when it is not', () => {
    const gate = measured({ ...heldout, capability: 'perception', min: 0.7, max: 0.9 });
    expect(whyFailed(gate, { value: 0.7, n: 200 })).toBeNull();
    expect(whyFailed(gate, { value: 0.9, n: 200 })).toBeNull();
    expect(whyFailed(gate, { value: 0.65, n: 200 })).toBe(
      'accuracy of perception on heldout is 0.6500 (n = 200), below the minimum 0.7',
    );
    expect(whyFailed(gate, { value: 0.95, n: 200 })).toMatch(/above the maximum 0\.9$/u);
  });

  it('is never passed by what is no number', () => {
    expect(whyFailed(measured({ ...heldout, min: 0.7 }), { value: NaN, n: 1 })).not.toBeNull();
    expect(whyFailed(measured({ ...heldout, max: 0.7 }), { value: NaN, n: 1 })).not.toBeNull();
  });

  it('has a name in words', () => {
    expect(describeGate(measured({ on: 'training', metric: 'kl', max: 1, last_steps: 5 }))).toBe(
      'mean kl of the last 5 steps',
    );
    expect(describeGate(measured({ ...heldout, kind: 'at', min: 0.5 }))).toBe('accuracy of at on heldout');
    expect(describeGate(measured({ ...heldout, min: 0.5, metric: 'format' }))).toBe('format on heldout');
  });
});
