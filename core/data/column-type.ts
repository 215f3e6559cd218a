/**
 * The type that a loader which infers columns (Hugging Face `datasets` over Arrow) gives to JSON values, and what of two values
 * goes together in one column. Which rows it looks at is trainer-schema.ts's.
 */
import { isObject, type PyValue } from './python-value.js';

export type ColumnType =
  | 'null'
  | 'bool'
  | 'int'
  | 'float'
  | 'string'
  /** Null: all lists so far are empty. */
  | { readonly list: ColumnType | null }
  | { readonly struct: ReadonlyMap<string, ColumnType> };

/** What cannot be one column: `at` is the place within the value. */
export interface Clash {
  readonly at: string;
  readonly before: string;
  readonly now: string;
}

export function typeOf(value: PyValue): ColumnType | Clash {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'string';
  if (isObject(value)) {
    const struct = new Map<string, ColumnType>();
    for (const [key, inner] of value) {
      const type = typeOf(inner);
      if (isClash(type)) return within(key, type);
      struct.set(key, type);
    }
    return { struct };
  }
  let element: ColumnType | null = null;
  for (const item of value) {
    const type = typeOf(item);
    const both: ColumnType | Clash = isClash(type) || element === null ? type : united(element, type);
    if (isClash(both)) return within('[]', both);
    element = both;
  }
  return { list: element };
}

export const isClash = (type: ColumnType | Clash): type is Clash => typeof type === 'object' && 'before' in type;

/** One type for both, as within one chunk of a file. */
export function united(a: ColumnType, b: ColumnType): ColumnType | Clash {
  if (a === b || b === 'null') return a;
  if (a === 'null') return b;
  if ((a === 'int' && b === 'float') || (a === 'float' && b === 'int')) return 'float';
  if (typeof a === 'object' && typeof b === 'object') {
    if ('list' in a && 'list' in b) {
      if (a.list === null || b.list === null) return a.list === null ? b : a;
      const element = united(a.list, b.list);
      return isClash(element) ? within('[]', element) : { list: element };
    }
    if ('struct' in a && 'struct' in b) return unitedStructs(a.struct, b.struct);
  }
  return { at: '', before: typeWords(a), now: typeWords(b) };
}

function unitedStructs(a: ReadonlyMap<string, ColumnType>, b: ReadonlyMap<string, ColumnType>): ColumnType | Clash {
  const struct = new Map<string, ColumnType>();
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const [before, now] = [a.get(key), b.get(key)];
    if (before === undefined) return { at: key, before: 'nothing', now: typeWords(now ?? 'null') };
    if (now === undefined) return { at: key, before: typeWords(before), now: 'nothing' };
    const type = united(before, now);
    if (isClash(type)) return within(key, type);
    struct.set(key, type);
  }
  return { struct };
}

/** What a column whose type is settled cannot take any more: a first chunk of empty lists, nulls or integers decides for good. */
export function settledClash(settled: ColumnType, now: ColumnType): Clash | undefined {
  if (settled === now || now === 'null') return undefined;
  if (typeof settled === 'object' && typeof now === 'object') {
    if ('list' in settled && 'list' in now) {
      if (now.list === null) return undefined;
      if (settled.list === null)
        return { at: '[]', before: 'empty lists only', now: `lists of ${typeWords(now.list)}` };
      const inner = settledClash(settled.list, now.list);
      return inner === undefined ? undefined : within('[]', inner);
    }
    if ('struct' in settled && 'struct' in now) {
      for (const [key, type] of now.struct) {
        const before = settled.struct.get(key);
        const inner = before === undefined ? undefined : settledClash(before, type);
        if (inner !== undefined) return within(key, inner);
      }
      return undefined;
    }
  }
  if (settled === 'float' && now === 'int') return undefined;
  const before = settled === 'null' ? 'null only' : settled === 'int' ? 'integers only' : typeWords(settled);
  return { at: '', before, now: typeWords(now) };
}

const within = (key: string, { at, before, now }: Clash): Clash => ({
  at: at === '' ? key : at.startsWith('[') ? `${key}${at}` : `${key}.${at}`,
  before,
  now,
});

export function typeWords(type: ColumnType): string {
  if (typeof type === 'string') return NAMES[type];
  if ('list' in type) return type.list === null ? 'an empty list' : `a list of ${typeWords(type.list)}`;
  return `an object with ${[...type.struct.keys()].map((key) => `"${key}"`).join(', ') || 'no keys'}`;
}
const NAMES = {
  null: 'null',
  bool: 'true or false',
  int: 'an integer',
  float: 'a number',
  string: 'a string',
} as const;
