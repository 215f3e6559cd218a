/** Boxes in a response: nested braces, a missing closing one, several that are joined. */
import { BOUNDS } from './bounds.js';
import type { Answer } from './extract.js';
import { rule } from './rules.js';

interface Box {
  readonly start: number;
  readonly end: number;
  readonly content: string;
}

const BOX = /\\?(?:boxed|fbox|framebox)\s*(?=[{\d$\\A-Za-z(])/g;

/** The content of `{` at `open`, up to its partner; without one, up to the end of the line or formula. */
function braced(text: string, open: number): { content: string; end: number } {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const char = text[i];
    if (char === '\\') i++;
    else if (char === '{') depth++;
    else if (char === '}' && --depth === 0) return { content: text.slice(open + 1, i), end: i + 1 };
  }
  const rest = text.slice(open + 1);
  const stop = /\n|\$|\\\)|\\\]/.exec(rest);
  const content = stop === null ? rest : rest.slice(0, stop.index);
  return { content, end: open + 1 + content.length };
}

function boxes(text: string): Box[] {
  const out: Box[] = [];
  let from = text.indexOf('box');
  while (from >= 0) {
    BOX.lastIndex = Math.max(0, from - 6);
    const match = BOX.exec(text);
    if (match === null) break;
    const open = match.index + match[0].length;
    if (text[open] === '{') {
      const { content, end } = braced(text, open);
      out.push({ start: match.index, end, content });
      from = text.indexOf('box', end);
    } else if (match[0].startsWith('\\') && rule('unbraced-box')) {
      // \boxed 5
      const token = /^\s*(?:\\[A-Za-z]+|[\dA-Za-z.]+)/.exec(text.slice(open, open + 40))?.[0] ?? '';
      out.push({ start: match.index, end: open + token.length, content: token });
      from = text.indexOf('box', open + token.length);
    } else from = text.indexOf('box', open);
  }
  return out;
}

/** Between joined boxes stand only and, or, commas, and math delimiters. */
const JOINED = /^(?:\s|,|;|&|\$|\\[()[\]]|\\text\s*\{\s*(?:and|or)\s*\}|\\(?:quad|qquad)|(?:and|or)(?![A-Za-z]))*$/;

export function fromBoxes(text: string): Answer | undefined {
  if (!text.includes('box')) return undefined;
  const all = boxes(text);
  const last = all.at(-1);
  if (last === undefined) return undefined;
  let first = all.length - 1;
  while (first > 0 && all.length - first < BOUNDS.items && rule('joined-boxes')) {
    const [before, after] = [all[first - 1], all[first]];
    if (before === undefined || after === undefined) break;
    const between = text.slice(before.end, after.start);
    if (between.length > 60 || !JOINED.test(between)) break;
    first--;
  }
  const parts = all.slice(first).map((box) => box.content);
  return { found: 'box', parts: parts.at(-1)?.trim() === '' ? [] : parts };
}
