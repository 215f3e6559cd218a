/** A trainer's own settings as a recipe may hold them: dotted keys, plain values. Whether a version knows a key is its backend's to say. */
import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export const nativeSchema = z.record(z.string().min(1), z.union([scalar, z.array(scalar)]));
export type NativeSettings = z.infer<typeof nativeSchema>;
