/** Answers as text: outer wrapping taken off, and words folded so that case, spacing and punctuation do not count. */
import { BOUNDS } from './bounds.js';
import { plainCharacters } from './characters.js';
import { rule } from './rules.js';

const OUTER: readonly (readonly [string, string])[] = [
  ['$$', '$$'],
  ['$', '$'],
  ['\\(', '\\)'],
  ['\\[', '\\]'],
  ['**', '**'],
  ['__', '__'],
  ['`', '`'],
  ['"', '"'],
  ["'", "'"],
  ['*', '*'],
];

/** Wrappings within wrappings. */
const MAX_LAYERS = 20;

/** Plain characters, and math delimiters, emphasis and quotes around the whole taken off. */
export function unwrapped(text: string): string {
  let out = plainCharacters(text).trim();
  if (!rule('outer-wrapping') || out.length > BOUNDS.answer) return out;
  for (let changed = true, layers = 0; changed && layers < MAX_LAYERS; layers++) {
    changed = false;
    out = out.replace(/^\\text\s*\{\s*(?:the\s+)?(?:final\s+|correct\s+)?answer\s*(?:is|:)\s*/i, '\\text{');
    out = out.replace(/^\\text\{\s*\}/, '').trim();
    out = out.replace(/^(?:the\s+)?(?:final\s+|correct\s+)?answer\s*(?:is|:)\s*/i, '').trim();
    if (rule('about')) out = out.replace(/^(?:approximately|approx\.?|about|around|roughly)\s+(?=[-\d$\\])/i, '');
    for (const [open, close] of OUTER) {
      const long = out.length >= open.length + close.length + 1;
      if (!long || !out.startsWith(open) || !out.endsWith(close)) continue;
      const inner = out.slice(open.length, out.length - close.length);
      if (inner.includes(open) || (open === '$' && inner.trim() === '')) continue;
      out = inner.trim();
      changed = true;
    }
    if (/^(?:\*\*|__)/.test(out) || /(?:\*\*|__)[.,]?$/.test(out)) {
      const bare = out.replace(/^(?:\*\*|__)\s*/, '').replace(/\s*(?:\*\*|__)([.,]?)$/, '$1');
      changed ||= bare !== out;
      out = bare;
    }
  }
  return out;
}

const COMMANDS =
  /\\(?:text|textbf|textit|textrm|textnormal|textsf|texttt|emph|mathrm|mathbf|mathit|mathsf|mbox|boldsymbol|bm|operatorname|displaystyle|left|right|boxed|fbox|underline)(?![A-Za-z])\s*/g;
const SPACES = /\\[,;:! ]|\\(?:quad|qquad)(?![A-Za-z])|~|[{}$`]|\*\*|__|\s/g;
const EDGES = /^[\s.,;:!?"'()[\]]+|[\s.,;:!?"'()[\]]+$/g;

/** Words for comparison; '' if there are none. */
export function folded(text: string): string {
  const plain = text.replace(COMMANDS, ' ').replace(SPACES, ' ').replace(/\s+/g, ' ');
  const trimmed = rule('word-punctuation') ? plain.replace(EDGES, '') : plain.trim();
  return rule('word-case') ? trimmed.toLowerCase() : trimmed;
}

/** Are these words, and no mathematics? The text is unwrapped. */
export function isWords(text: string): boolean {
  const words = text
    .replace(COMMANDS, ' ')
    .replace(/[{}$~]|\\[,;:! ]/g, ' ')
    .trim();
  if (!/^[\p{L}][\p{L}\s.,;:!?'"&()/-]*$/u.test(words)) return false;
  return /[\p{L}]{2}/u.test(words) || /[^\x00-\x7f]/.test(words);
}

/** The answer's parts, cleaned; without empty ones. */
export function cleaned(answer: { readonly parts: readonly string[] }): readonly string[] {
  return answer.parts
    .map(unwrapped)
    .filter((part) => folded(part) !== '' || /\d|\\|[∅{}]/.test(part.replace(EMPTY, '')));
}
const EMPTY = /\\(?:text|mathrm|textbf|mathbf|mbox)\s*\{\s*\}/g;
