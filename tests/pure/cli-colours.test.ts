/** Colours are for people at a terminal: a file or a pipe gets none, in CI neither. */
import { expect, it } from 'vitest';
import { coloursFor } from '../../cli/colours.js';

const red = (isTTY: boolean, env: NodeJS.ProcessEnv): string => coloursFor({ isTTY }, env).red('x');

it('a pipe gets none, whatever CI says; a terminal does; NO_COLOR and FORCE_COLOR win', () => {
  expect(red(false, { CI: 'true' })).toBe('x');
  expect(red(true, {})).toBe('\u001b[31mx\u001b[39m');
  expect(red(true, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe('x');
  expect(red(false, { FORCE_COLOR: '1' })).toBe('\u001b[31mx\u001b[39m');
});
