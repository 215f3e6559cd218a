/**
 * JSON values as Python holds them: an int is a bigint and a float a number, so that neither is taken for the other; an object is
 * a Map, whose keys keep their order even where they look like numbers.
 */
export type PyValue = null | boolean | bigint | number | string | PyValue[] | PyObject;
export type PyObject = Map<string, PyValue>;

export function isObject(value: PyValue | undefined): value is PyObject {
  return value instanceof Map;
}

/** bool(value) */
export function truthy(value: PyValue | undefined): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return value.size > 0;
  // NaN is true in Python.
  return typeof value === 'number' ? value !== 0 : Boolean(value);
}

/**
 * Equal texts for values that Python calls equal, whatever their kind (1, 1.0 and True are), and different ones for others. Null for
 * what is equal to nothing: NaN, and what holds it.
 */
export function equalityKey(value: PyValue): string | null {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) {
    const items = value.map(equalityKey);
    return items.includes(null) ? null : `[${items.join()}]`;
  }
  if (isObject(value)) {
    const items = [...value].map(([key, of]) => [JSON.stringify(key), equalityKey(of)] as const);
    if (items.some(([, of]) => of === null)) return null;
    return `{${items
      .map(([key, of]) => `${key}:${of ?? ''}`)
      .sort()
      .join()}}`;
  }
  const number = numberOf(value);
  if (Number.isNaN(number)) return null;
  return String(typeof number === 'number' && Number.isInteger(number) ? BigInt(number) : number);
}

/** A value as a number: True is 1. A bigint and a number compare by value in JavaScript too. */
export function numberOf(value: boolean | bigint | number): bigint | number {
  return typeof value === 'boolean' ? Number(value) : value;
}
