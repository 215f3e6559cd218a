/**
 * Where the answer is. Thinking is cut out; then the last box or group of joined boxes, <answer>, a short text as a whole, an
 * answer phrase, the last formula, the last number. Every step is one pass over the text.
 */
import { fromBoxes } from './boxes.js';
import type { Found } from './contract.js';
import { rule } from './rules.js';

export interface Answer {
  readonly found: Found;
  /** More than one: boxes joined by "and", "or" or commas. None: the answer is empty. */
  readonly parts: readonly string[];
}

/** What stands outside <think>…</think>. */
export function withoutThinking(text: string): string {
  if (!text.includes('think>') || !rule('think')) return text;
  let out = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf('<think>', at);
    const close = text.indexOf('</think>', at);
    if (close >= 0 && (open < 0 || close < open)) {
      // A chat template may have opened it in the prompt: all before is thinking.
      out = '';
      at = close + 8;
    } else if (open < 0) return out + text.slice(at);
    else {
      out += text.slice(at, open);
      const end = text.indexOf('</think>', open);
      if (end < 0) return out;
      at = end + 8;
    }
  }
}

function fromTag(text: string): Answer | undefined {
  const open = text.lastIndexOf('<answer>');
  if (open < 0) return undefined;
  const close = text.indexOf('</answer>', open);
  return { found: 'answer-tag', parts: [text.slice(open + 8, close < 0 ? undefined : close)] };
}

/** What may follow the word "answer", "option" or "choice" of an answer phrase; then the answer itself. */
const FOLLOWS =
  /^[*_\s]*(?:(?:is|was|should be|must be|would be|will be|equals)(?![a-z])(?:\s+(?:therefore|thus|then))?[*_\s]*:?|:|=|：)[*_:\s]*/i;
const DIRECT = /^[*_#\s]*(?=\$|\\\(|\\\[|\n|-?[\d.,/]+\s*(?:\n|$))[*_#\s]*/;
const CUES = ['answer', '答案', '####', 'correct option', 'correct choice'];

function fromPhrase(text: string): Answer | undefined {
  const lower = text.toLowerCase();
  let best = -1;
  let piece: string | undefined;
  for (const cue of CUES) {
    for (
      let at = lower.lastIndexOf(cue), tries = 0;
      at > best && tries < 8;
      at = lower.lastIndexOf(cue, at - 1), tries++
    ) {
      const rest = text.slice(at + cue.length, at + cue.length + 2_000);
      const follows =
        cue === '####'
          ? /^\s*/.exec(rest)
          : cue === '答案'
            ? /^\s*(?:是|为|：|:)?\s*/.exec(rest)
            : (FOLLOWS.exec(rest) ?? DIRECT.exec(rest));
      if (follows === null) {
        if (at === 0) break;
        continue;
      }
      const said = sentence(rest.slice(follows[0].length));
      if (said !== '') {
        best = at;
        piece = said;
        break;
      }
      if (at === 0) break;
    }
  }
  return piece === undefined ? undefined : { found: 'phrase', parts: [piece] };
}

const ASIDE =
  /(?:,?\s+(?:because|since|which|where|so that|as (?:the|it|we|shown|can)|when|for (?:this|the)|by the|I hope|not|i\.e\.)(?![a-z])|\s+[–—]\s+|\s+\()/i;

/** Another value follows. */
const LISTED = /^\s*(?:(?:or|and)(?![a-z])|,\s*(?:\$|\\|-?\d|(?:or|and)(?![a-z])))/i;

/** Up to the end of the sentence or line; a formula at its start stands for all of it. */
function sentence(rest: string): string {
  const formula = /^(\$\$?)([^$]+)\1|^\\\(([\s\S]+?)\\\)|^\\\[([\s\S]+?)\\\]/.exec(rest);
  const behind = formula === null ? '' : rest.slice(formula[0].length, formula[0].length + 12);
  if (formula !== null && !LISTED.test(behind)) {
    const unit = /^\s*(?:[A-Za-z%°]+)(?=[.\s]*(?:\n|$))/.exec(rest.slice(formula[0].length))?.[0] ?? '';
    return (formula[2] ?? formula[3] ?? formula[4] ?? '') + unit;
  }
  const line = rest.replace(/^\s+/, '').split('\n', 1)[0] ?? '';
  const stop = /[.!?。](?=\s|$|\*)/.exec(line);
  const abbreviation = stop !== null && /\b[ap]\.m$|\bsq$/i.test(line.slice(0, stop.index));
  const whole = stop === null || abbreviation ? line : line.slice(0, stop.index);
  if (!rule('asides')) return whole.trim();
  const aside = ASIDE.exec(whole);
  const cut = aside === null || aside.index === 0 ? whole : whole.slice(0, aside.index);
  return cut.trim();
}

/** Words of a short text that make it a sentence. */
const VERBS =
  /(?:^|\s)(?:is|are|was|were|am|has|have|shows?|cannot|can't|don't|do|does|looks?|seems?|fits?|equals|gives?|get|there|sorry|i|we|it|this|that|so|thus|therefore|hence|because)(?![A-Za-z'])/i;

const OPTION = /^(?:\([A-J]\)|[A-J][.):])\s[^\d]*$/;

function asWhole(text: string): Answer | undefined {
  const trimmed = text.trim();
  if (trimmed.length === 0 || trimmed.length > 200 || trimmed.includes('\n')) return undefined;
  const plain = trimmed.replace(/\\[A-Za-z]+/g, ' ');
  // "B) Because it is so": what stands behind the letter is the option.
  if (OPTION.test(trimmed) && rule('leading-option')) return { found: 'bare', parts: [trimmed] };
  if (VERBS.test(plain)) return undefined;
  const words = plain.match(/[A-Za-z]{2,}/g) ?? [];
  if (words.length > 5 || /[a-z]{2}[.!?]\s+\S/i.test(plain)) return undefined;
  return { found: 'bare', parts: [trimmed] };
}

function fromDollars(text: string): Answer | undefined {
  const marks: number[] = [];
  for (let at = text.indexOf('$'); at >= 0; at = text.indexOf('$', at + 1)) if (text[at - 1] !== '\\') marks.push(at);
  let best: { content: string; at: number } | undefined;
  if (marks.length >= 2) {
    const close = marks.at(-1) ?? 0;
    let k = marks.length - 2;
    // $$…$$
    if (marks[k] === close - 1) k--;
    const open = marks[k] ?? 0;
    const content = text.slice(open + 1, close).replace(/^\$|\$$/g, '');
    const money = /^\s*\d[\d.,]*(?:\s+[a-z]|[.,]\s)/i.test(content) || /^\d/.test(text.slice(close + 1));
    if (k >= 0 && content.trim() !== '' && !(money && !content.includes('\\'))) best = { content, at: open };
  }
  const delimited = lastDelimited(text);
  if (delimited !== undefined && (best === undefined || delimited.at > best.at)) best = delimited;
  return best === undefined ? undefined : { found: 'dollars', parts: [best.content] };
}
function lastDelimited(text: string): { content: string; at: number } | undefined {
  let best: { content: string; at: number } | undefined;
  for (const [open, close] of [
    ['\\(', '\\)'],
    ['\\[', '\\]'],
  ] as const) {
    const end = text.lastIndexOf(close);
    const start = end < 0 ? -1 : text.lastIndexOf(open, end);
    if (start >= 0 && (best === undefined || start > best.at))
      best = { content: text.slice(start + 2, end), at: start };
  }
  return best;
}

const NUMBER = /(?:[$€£¥]\s?)?(?:(?<![\w.)])-\s?)?\d(?:[\d,]*\d)?(?:\.\d+)?(?:\s?\/\s?\d+)?(?::\d+)*(?:\s?[%°¢])?/g;

function lastNumber(text: string): Answer | undefined {
  // The last digit, and what belongs to it: no need to look at more than the end of the text.
  const end = /\d(?=\D*$)/.exec(text.length > 4_000 ? text.slice(-4_000) : text);
  if (end === null) return undefined;
  const tail = text.slice(-4_000);
  let last: string | undefined;
  for (const match of tail.matchAll(NUMBER)) {
    const behind = tail.slice(match.index + match[0].length);
    const unit = /^\s?(?:[a-z]{1,3}(?:\^?[23²³])?)(?=[\s.,;]|$)/i.exec(behind)?.[0] ?? '';
    last = match[0] + (UNIT_BEHIND.test(unit) ? unit : '');
  }
  return last === undefined ? undefined : { found: 'last-number', parts: [last] };
}
const UNIT_BEHIND = /^\s?(?:mm|cm|km|m|kg|g|mg|ml|l|ft|s|h|min)(?:\^?[23²³])?$/i;

/** Where the answer is in a response; undefined if nowhere. */
export function findAnswer(response: string, requireBox: boolean): Answer | undefined {
  const text = withoutThinking(response);
  const boxed = fromBoxes(text);
  if (boxed !== undefined || requireBox) return boxed;
  return (
    (rule('answer-tag') ? fromTag(text) : undefined) ??
    (rule('answer-phrase') ? fromPhrase(text) : undefined) ??
    (rule('bare-answer') ? asWhole(text) : undefined) ??
    (rule('last-formula') ? fromDollars(text) : undefined) ??
    (rule('last-number') ? lastNumber(text) : undefined)
  );
}
