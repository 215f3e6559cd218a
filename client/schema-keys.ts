/** The keys that a zod schema allows at a path, for "did you mean". Knows the few kinds of schema that recipes are made of. */
import { z } from 'zod';

export function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = inner._zod.def;
    const given = field(value, discriminator);
    const objects = inner.options.map(unwrap).filter((option) => option instanceof z.ZodObject);
    const match = objects.filter((option) => accepts(option.shape[discriminator], given));
    return [...new Set((match.length > 0 ? match : objects).flatMap((option) => keysAt(option, path, value)))];
  }
  const [head, ...rest] = path;
  if (head === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  const next = child(inner, head);
  return next === undefined ? [] : keysAt(next, rest, field(value, head));
}

function child(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, z.core.$ZodType | undefined>)[key];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodArray) return schema.element;
  return undefined;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrap(schema.unwrap());
  return schema;
}

function accepts(schema: unknown, value: unknown): boolean {
  return schema instanceof z.ZodType && schema.safeParse(value).success;
}

function field(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}
