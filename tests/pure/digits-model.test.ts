/** The committed graphs are the bytes that model.json names; model.json says how every weight starts and belongs. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const about = z.object({
  parameters: z.array(
    z.strictObject({
      name: z.string(),
      shape: z.array(z.int().min(1)).min(1),
      init: z.union([
        z.strictObject({ kind: z.literal('normal'), std: z.number().positive() }),
        z.strictObject({ kind: z.enum(['ones', 'zeros']) }),
      ]),
      group: z.enum(['vision', 'language']),
    }),
  ),
  graphs: z.record(z.enum(['gradient', 'score', 'sample']), z.strictObject({ file: z.string(), sha256: z.string() })),
});

describe.each(['tiny', 'demo'])('models/graphs/%s', (size) => {
  const read = (file: string): Buffer => readFileSync(new URL(`../../models/graphs/${size}/${file}`, import.meta.url));
  const model = about.parse(JSON.parse(read('model.json').toString('utf8')));

  it('names the sha256 of each graph', () => {
    for (const { file, sha256 } of Object.values(model.graphs))
      expect(createHash('sha256').update(read(file)).digest('hex'), file).toBe(sha256);
  });
  it('has weights with names of their own, some of them the vision tower', () => {
    expect(new Set(model.parameters.map(({ name }) => name)).size).toBe(model.parameters.length);
    expect(model.parameters.filter(({ group }) => group === 'vision').map(({ name }) => name)).toEqual([
      'tile_w1',
      'tile_b1',
      'tile_w2',
      'tile_b2',
    ]);
  });
});
