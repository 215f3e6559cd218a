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

/** a == b: numbers by value whatever their kind, True is 1. */
export function equals(a: PyValue, b: PyValue): boolean {
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equals(item, b[i] as PyValue));
  if (isObject(a)) {
    if (!isObject(b) || a.size !== b.size) return false;
    for (const [key, of] of a) {
      const other = b.get(key);
      if (other === undefined || !equals(of, other)) return false;
    }
    return true;
  }
  if (Array.isArray(b) || isObject(b)) return false;
  const [left, right] = [number(a), number(b)];
  // A bigint and a number compare by value.
  return left !== undefined && right !== undefined ? left == right : a === b;
}

/** Python's number of a value, if it is one. */
export function number(value: PyValue): bigint | number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}
