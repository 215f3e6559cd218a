/** What `data parse --strict` asks of a caption and of the reply to it; the replies' rules are core/data/reply.ts. */
import { IdTable } from '../../../core/data/id-table.js';
import { dumps } from '../../../core/data/python-dumps.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { strip } from '../../../core/data/python-text.js';
import type { PyValue } from '../../../core/data/python-value.js';
import { describeRefusal, MCQ_LETTERS, parseReply, REPLY_REASONS } from '../../../core/data/reply.js';
import { ascii, ROW } from '../../../core/data/row-scan.js';
import type { PythonRow } from '../../../store/python-row.js';
import { findId, type IdBytes } from './question-ids.js';

const CAPTION_KEYS = ['description', 'caption'].map(ascii);

/** The caption is at fault, not the reply to it. */
export class CaptionFault extends JsonFault {}

export class ReplyFault extends JsonFault {
  constructor(
    message: string,
    /** Without the details: what is counted. */
    readonly kind: string,
  ) {
    super(message);
  }
}

/** @throws ReplyFault @returns the question as it is printed */
export function strictQuestion(reply: string): string {
  const parsed = parseReply(reply);
  if (!parsed.ok) throw new ReplyFault(describeRefusal(parsed), REPLY_REASONS[parsed.reason]);
  const { question, options, answer } = parsed.mcq;
  return dumps(
    new Map<string, PyValue>([
      ['question', question],
      ['options', new Map(MCQ_LETTERS.map((letter) => [letter, options[letter]]))],
      ['answer', answer],
    ]),
  );
}

export class StrictCaptions {
  private readonly ids = new IdTable();
  private readonly id: IdBytes = { bytes: new Uint8Array(0), start: 0, end: 0 };

  /** @throws CaptionFault */
  check(row: PythonRow): void {
    const caption = CAPTION_KEYS.map((key) => row.keys.find(ROW, key)).find((entry) => entry !== -1);
    if (caption === undefined) throw new CaptionFault('there is no "description" and no "caption"');
    const text = row.value(caption);
    if (typeof text !== 'string') throw new CaptionFault('the caption is no text');
    if (strip(text) === '') throw new CaptionFault('the caption is empty');
    const { id } = this;
    if (!findId(row, id)) throw new CaptionFault('the caption has no id: "example_id", "image_url" or "id"');
    const before = this.ids.size;
    if (this.ids.add(id.bytes, id.start, id.end) < before) throw new CaptionFault('the id was used before');
  }
}
