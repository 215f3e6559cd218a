/**
 * `stagewright data map`: rows as a trainer reads them, several sets in one file if asked, in an order that its epochs do not spoil.
 * A file that the trainer's loader would break on is not written.
 */
import { compose, copyId, type CompositionSettings } from '../../../core/data/composition.js';
import { fromFormatted, fromPublished, toEasyR1, toTrl, type Labels } from '../../../core/data/mapping.js';
import { JsonFault, loads } from '../../../core/data/python-json.js';
import { requireLoadable, TrainerSchema, type TrainerFormat } from '../../../core/data/trainer-schema.js';
import { StagewrightError } from '../../../core/failures.js';
import { rowSchema, type Row } from '../../../core/row.js';
import { withAsideFiles, type AsideFile } from '../../../store/aside-files.js';
import { textOf } from '../../../store/json-lines.js';
import { PlaceReader, RowIndex } from '../../../store/row-index.js';
import type { Action, Options } from '../../commands.js';
import { CommandError, EXIT } from '../../exit.js';
import { integer, needed, neededFiles, oneOf, optional } from './given.js';
import { eachRow, refuseAll } from './rows.js';

const ORDERS = ['file', 'easy_to_hard', 'hard_to_easy'] as const;

export const map: Action = async (_args, options) => {
  const [inputs, out] = [neededFiles(options, 'input'), needed(options, 'out')];
  const format = oneOf<TrainerFormat>(options, 'to', ['easyr1', 'trl']);
  const labels = { capability: optional(options, 'capability'), kind: optional(options, 'kind') };
  const batch = optional(options, 'wholeBatchesOf');
  const settings: CompositionSettings = {
    order: oneOf(options, 'order', ORDERS),
    epochs: count(options, 'epochs', 1000n),
    wholeBatchesOf: batch === null ? null : count(options, 'wholeBatchesOf', 1_000_000n),
  };
  const sets: MappedSet[] = [];
  try {
    for (const file of inputs) sets.push(new MappedSet(file, labels));
    const written = withAsideFiles((files) => {
      const schema = new TrainerSchema(format, out);
      const file = files.open(out);
      for (const { row, copy } of compose(
        sets.map((set) => set.rows),
        settings,
      ))
        writeRow(file, schema, format, row, copy);
      requireLoadable(schema.finish());
      return file.rows;
    });
    process.stderr.write(`${written} rows for ${format} in ${out}\n`);
    return EXIT.done;
  } finally {
    for (const set of sets) set.close();
  }
};

function count(options: Options, name: 'epochs' | 'wholeBatchesOf', most: bigint): number {
  const value = integer(options, name);
  if (value >= 1n && value <= most) return Number(value);
  throw new CommandError(
    `--${name === 'epochs' ? 'epochs' : 'whole-batches-of'} ${value}: it is 1 to ${most}`,
    EXIT.usage,
  );
}

interface Place {
  /** For errors. */
  readonly id: string;
  readonly passRate: number | undefined;
  readonly at: number;
  readonly set: MappedSet;
}

type GivenLabels = { readonly [K in keyof Labels]: string | null };

/** The rows of a file by their places; each is read again when it is its turn. */
class MappedSet {
  readonly rows: Place[] = [];
  private readonly places = new RowIndex();
  private readonly reader: PlaceReader;

  /** @throws StagewrightError DataInvalid naming file and line of the first row that is none. */
  constructor(
    private readonly file: string,
    private readonly labels: GivenLabels,
  ) {
    this.reader = new PlaceReader(file);
    eachRow(
      file,
      (_, line) => {
        const { pass_rate: passRate } = this.parse(line.bytes.subarray(line.start, line.end));
        this.rows.push({ id: `${file}:${line.number}`, passRate, at: this.places.size, set: this });
        this.places.add(line, 0, 0);
      },
      refuseAll(file),
    );
  }

  row(at: number): Row {
    const length = this.places.length(at);
    return this.parse(this.reader.read(this.places.offset(at), length).subarray(0, length));
  }

  close(): void {
    this.reader.close();
  }

  /** @throws JsonFault */
  private parse(bytes: Uint8Array): Row {
    try {
      return rowOf(JSON.parse(textOf(bytes)), this.labels);
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof StagewrightError) throw new JsonFault(error.message);
      throw error;
    }
  }
}

function rowOf(value: unknown, { capability, kind }: GivenLabels): Row {
  if (typeof value !== 'object' || value === null) throw new JsonFault('the row is no object');
  if ('capability' in value) {
    const parsed = rowSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new JsonFault(`${issue?.path.join('.') ?? 'row'}: ${issue?.message ?? 'no row'}`);
  }
  if (capability === null || kind === null)
    throw new JsonFault('a published row does not say its capability and kind: give them as --capability and --kind');
  return 'image_path' in value
    ? fromFormatted(value, { capability, kind })
    : fromPublished(value, { capability, kind });
}

function writeRow(file: AsideFile, schema: TrainerSchema, format: TrainerFormat, place: Place, copy: number): void {
  const row = place.set.row(place.at);
  const named = { ...row, id: copyId(row.id, copy) };
  const text = JSON.stringify(format === 'easyr1' ? toEasyR1(named) : toTrl(named));
  schema.row(loads(text), file.rows + 1, Buffer.byteLength(text) + 1);
  file.textLine(text);
}
