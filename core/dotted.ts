/** Nested settings by dotted names: `{a: {b: 1}}` as `{'a.b': 1}`. Lists are values; an empty object leaves nothing. */
export function dotted(value: object, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.entries(dotted(inner, `${prefix}${name}.`))
        : [[`${prefix}${name}`, inner]],
    ),
  );
}
