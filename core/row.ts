/**
 * The one internal row of every data set: a question about zero or more images, with its answer.
 * Data of any source is mapped to it; trainers and benchmarks are fed from it. It says nothing about where rows are stored.
 */
import { z } from 'zod';

/** Marks in `problem` where an image stands; it must occur once for each entry of `images`. */
export const IMAGE_MARK = '<image>';

export const rowSchema = z
  .strictObject({
    id: z.string().min(1),
    /** `perception`, `textual_reasoning`, `visual_reasoning`, `captioning`, or a user's own. */
    capability: z.string().min(1),
    /** A finer kind within the capability, e.g. `at` or `sum`; accuracy is reported by it. */
    kind: z.string().min(1),
    problem: z.string().min(1),
    /** Paths relative to the folder of the rows file; empty for text. */
    images: z.array(z.string().min(1)),
    answer: z.string().min(1),
    options: z.array(z.string()).optional(),
    caption: z.string().optional(),
    source: z.string().optional(),
    /** Share of K samples that were right, 0 to 1. */
    pass_rate: z.number().min(0).max(1).optional(),
    meta: z.record(z.string(), z.json()).optional(),
  })
  .superRefine((row, ctx) => {
    const marks = row.problem.split(IMAGE_MARK).length - 1;
    if (marks !== row.images.length)
      ctx.addIssue({
        code: 'custom',
        path: ['problem'],
        message: `problem has ${marks} ${IMAGE_MARK} for ${row.images.length} images; it needs one for each`,
      });
    for (const [i, path] of row.images.entries())
      if (path.startsWith('/') || path.split('/').includes('..'))
        ctx.addIssue({ code: 'custom', path: ['images', i], message: `image path ${path} leaves the data folder` });
  });

export type Row = z.infer<typeof rowSchema>;
