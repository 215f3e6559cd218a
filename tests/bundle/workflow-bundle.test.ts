/** The bundle that control workers load: it builds, it is sandbox-clean, and it serves every workflow. */
import { beforeAll, expect, test } from 'vitest';
import { buildBundle } from '../../workers/bundle.js';

let modules: string[] = [];
let code = '';

beforeAll(async () => {
  const bundle = await buildBundle();
  code = bundle.code;
  const map = /sourceMappingURL=data:application\/json;charset=utf-8;base64,(\S+)/u.exec(code)?.[1];
  expect(map, 'the bundle carries its source map, which lists its modules').toBeDefined();
  modules = (JSON.parse(Buffer.from(map ?? '', 'base64').toString('utf8')) as { sources: string[] }).sources;
});

test('holds our workflows and what they share', () => {
  for (const file of ['workflows/curriculum', 'workflows/stage', 'workflows/evaluation', 'core/failures'])
    expect(modules.some((name) => name.includes(file))).toBe(true);
});

test.each(['pino', 'onnxruntime', '/activities/', '/store/', '/runner/', '/trainers/', '/workers/'])(
  'holds nothing of %s',
  (forbidden) => {
    expect(modules.filter((name) => name.includes(forbidden))).toEqual([]);
  },
);

test('asks for no Node built-in module', () => {
  expect(modules.filter((name) => name.includes('external') && name.includes('node:'))).toEqual([]);
  expect(code).not.toMatch(/require\(["']node:/u);
});
