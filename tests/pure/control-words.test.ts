/** What control refuses, it refuses in words that are read by a person: each says a reason that its first half does not say already. */
import { expect, test } from 'vitest';
import {
  CURRICULUM_UPDATES,
  judgeCurriculum,
  judgeStage,
  OPEN_STAGE_STATES,
  PLACES,
  STAGE_UPDATES,
} from '../../core/control.js';

const judged = [
  ...OPEN_STAGE_STATES.flatMap((state) =>
    STAGE_UPDATES.map((update) => [`stage ${state}`, update, judgeStage(state, update)] as const),
  ),
  ...PLACES.flatMap((place) =>
    CURRICULUM_UPDATES.map((update) => [`curriculum ${place}`, update, judgeCurriculum(place, update)] as const),
  ),
];
const refused = judged.flatMap(([where, update, one]) => (one.accepted ? [] : [{ where, update, words: one.message }]));

const SMALL = new Set(['a', 'the', 'is', 'it', 'for', 'and', 'at', 'of', 'its']);

test.each(refused)('$where refuses $update without saying a thing twice', ({ words }) => {
  const [reason = ''] = words.split(' Allowed now:');
  const said = reason.toLowerCase().match(/[a-z]+/gu) ?? [];
  const pairs = said.slice(1).flatMap((word, i) => {
    const before = said[i] ?? '';
    return SMALL.has(word) && SMALL.has(before) ? [] : [`${before} ${word}`];
  });
  expect(pairs.filter((pair, i) => pairs.indexOf(pair) < i)).toEqual([]);
});

test('every refusal names what is allowed', () => {
  for (const { words } of refused) expect(words).toMatch(/ Allowed now: [a-z]+(, [a-z]+)*\.$/u);
});

test('a curriculum past its last stage takes no pause, and may be stopped', () => {
  expect(judgeCurriculum('last', 'pause')).toEqual({
    accepted: false,
    message:
      'pause is refused: the curriculum is past its last stage, and no stage follows that could be held back. Allowed now: stop.',
  });
  expect(judgeCurriculum('last', 'stop')).toEqual({ accepted: true, after: 'stopped' });
});
