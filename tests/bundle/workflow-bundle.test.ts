/** The bundles that workers load, our own and that of somebody who uses the door `./workflow`: they build and are sandbox-clean. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildBundle } from '../../workers/bundle.js';
import * as door from '../../workflows/door.js';

const ownWorkflows = fileURLToPath(new URL('../support/own-workflows.ts', import.meta.url));

describe.each([
  ['the prebuilt bundle', buildBundle],
  [
    'a bundle of one’s own',
    () => bundleWorkflowCode({ workflowsPath: ownWorkflows, logger: new DefaultLogger('ERROR') }),
  ],
])('%s', (_, build) => {
  let modules: string[] = [];
  let code = '';

  beforeAll(async () => {
    const bundle = await build();
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
});

test('the door opens on the blocks, the workflows to re-export, and the messages', () => {
  const functions = Object.entries(door).filter(([, value]) => typeof value === 'function');
  expect(functions.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'runStage',
      'capabilityCurriculum',
      'byDifficulty',
      'evaluate',
      'gate',
      'curriculumWorkflow',
      'stageWorkflow',
      'dataWorkflow',
      'synthesize',
      'filterPerception',
      'scoreDifficulty',
      'evaluationWorkflow',
    ]),
  );
  expect(Object.keys(door.curriculumUpdates)).toEqual([
    'pause',
    'resume',
    'retry',
    'skip',
    'amend',
    'stop',
    'approve',
    'reject',
  ]);
});
