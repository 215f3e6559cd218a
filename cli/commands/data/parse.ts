/**
 * `stagewright data parse`: captions and the replies of a model to them, one to one, become questions. Asking the model is the data
 * workflow's.
 */
import { dumps, hasLoneSurrogate } from '../../../core/data/python-dumps.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { isObject } from '../../../core/data/python-value.js';
import { publishedQuestion } from '../../../core/data/published-reply.js';
import { StagewrightError } from '../../../core/failures.js';
import { withAsideFiles } from '../../../store/aside-files.js';
import { LINE_LIMIT, LineReader, valueOf } from '../../../store/json-lines.js';
import { PythonRow } from '../../../store/python-row.js';
import type { Action } from '../../commands.js';
import { EXIT } from '../../exit.js';
import { needed, optional } from './given.js';
import { Refusals } from './refusals.js';
import { refuseAll, STRICT_LINE_LIMIT } from './rows.js';
import { CaptionFault, ReplyFault, StrictCaptions, strictQuestion } from './strict-parse.js';

type Read = ReturnType<LineReader['read']>;

export const parse: Action = async (_args, options) => {
  const captions = needed(options, 'captions');
  const replies = needed(options, 'replies');
  const path = needed(options, 'out');
  const refusedPath = optional(options, 'refused');
  const strict = options.strict === true;
  const { kept, total, summary } = withAsideFiles((files) => {
    const out = files.open(path);
    const refusals = new Refusals(refusedPath === null ? null : files.open(refusedPath));
    const limit = strict ? STRICT_LINE_LIMIT : LINE_LIMIT;
    const [captionLines, replyLines] = [new LineReader(captions, limit), new LineReader(replies, limit)];
    const row = new PythonRow();
    const check = strict ? new StrictCaptions() : null;
    let rows = 0;
    try {
      for (;;) {
        const [caption, reply] = [captionLines.read(), replyLines.read()];
        if (caption === null && reply === null) break;
        if (caption === null || reply === null) throw unpaired(captionLines, replyLines, rows, caption === null);
        rows += 1;
        if (!readCaption(row, caption, captions, strict, refusals)) continue;
        try {
          check?.check(row);
          const question = questionOf(reply, strict);
          if (!row.isWritable || hasLoneSurrogate(question))
            throw new JsonFault('half a surrogate pair cannot be written as UTF-8');
          out.text(`{"generated": ${question}, "meta": `);
          out.bytes(row.bytes, row.start, row.end);
          out.textLine('}');
        } catch (error) {
          if (!(error instanceof JsonFault)) throw error;
          const [file, line] = error instanceof CaptionFault ? [captions, caption] : [replies, reply];
          const text = 'bytes' in line ? { text: line } : {};
          refusals.fault({
            file,
            line: line.number,
            reason: error.message,
            kind: error instanceof ReplyFault ? error.kind : error.message.replace(/ \(column.*$/u, ''),
            ...text,
          });
        }
      }
    } finally {
      captionLines.close();
      replyLines.close();
    }
    return { kept: out.rows, total: rows, summary: refusals.summary() };
  });
  process.stderr.write(`${summary}${kept} questions of ${total} captions in ${path}; ${total - kept} skipped\n`);
  return EXIT.done;
};

/** @returns whether there is one. As published, a caption file that cannot be read ends everything. */
function readCaption(
  row: PythonRow,
  line: NonNullable<Read>,
  file: string,
  strict: boolean,
  refusals: Refusals,
): boolean {
  try {
    if (!('bytes' in line)) throw new JsonFault(`a line of ${line.size} bytes is too long`);
    row.read(line);
    if (!row.isWritable && !strict) throw new JsonFault('half a surrogate pair cannot be written as UTF-8');
    return true;
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    if (!strict) refuseAll(file)(line.number, error.message, null);
    const text = 'bytes' in line ? { text: line } : {};
    refusals.fault({ file, line: line.number, reason: error.message, kind: 'captions that cannot be read', ...text });
    return false;
  }
}

function questionOf(line: NonNullable<Read>, strict: boolean): string {
  if (!('bytes' in line)) throw new JsonFault(`a line of ${line.size} bytes is too long`);
  const row = valueOf(line);
  const reply = isObject(row) ? row.get('reply') : undefined;
  if (typeof reply !== 'string') throw new JsonFault('the line has no text "reply"');
  return strict ? strictQuestion(reply) : dumps(publishedQuestion(reply));
}

function unpaired(captions: LineReader, replies: LineReader, rows: number, moreReplies: boolean): StagewrightError {
  const [short, long] = moreReplies ? [captions.file, replies.file] : [replies.file, captions.file];
  return new StagewrightError(
    'DataInvalid',
    `${short} ends after ${rows} rows and ${long} does not: there must be one reply for each caption, in order; nothing was written`,
  );
}
