/**
 * Every field of a zod schema as a dotted path: `[]` for an item, `*` for an entry of a record, `name` for the kind of a
 * discriminated union. So a test can demand a word about each.
 */
import { z } from 'zod';

export function fieldsOf(schema: z.core.$ZodType, path = ''): string[] {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return fieldsOf(schema.unwrap(), path);
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape as Record<string, z.core.$ZodType>).flatMap(([name, inner]) =>
      fieldsOf(inner, at(name)),
    );
  if (schema instanceof z.ZodArray) return fieldsOf(schema.element, `${path}[]`);
  if (schema instanceof z.ZodRecord) return fieldsOf(schema.valueType, at('*'));
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema._zod.def;
    return schema.options.flatMap((option) => {
      if (!(option instanceof z.ZodObject)) throw new Error(`${path}: a union of something other than objects`);
      const kind: unknown = option.shape[discriminator];
      if (!(kind instanceof z.ZodLiteral)) throw new Error(`${path}: ${discriminator} is no literal`);
      return fieldsOf(option, at(String(kind.value)));
    });
  }
  if (schema instanceof z.ZodUnion)
    return [...new Set(schema.options.flatMap((option: z.core.$ZodType) => fieldsOf(option, path)))];
  return [path];
}
