/** What a recipe may write for a model or a data set's path: read to its parts, or refused with what to write. */
import { describe, expect, test } from 'vitest';
import {
  dataPathComplaint,
  hubDigest,
  hubName,
  modelSourceComplaint,
  parseDataPath,
  parseModelSource,
} from '../../core/model-source.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

describe('A model', () => {
  test.each([
    ['demo', { kind: 'embedded', name: 'demo' }],
    ['./models/mine', { kind: 'folder', path: './models/mine' }],
    ['..', { kind: 'folder', path: '..' }],
    ['/srv/models/mine', { kind: 'folder', path: '/srv/models/mine' }],
    ['hf://Qwen/Qwen3-VL-8B-Instruct', { kind: 'hub', repository: 'Qwen/Qwen3-VL-8B-Instruct', revision: 'main' }],
    [
      'hf://OpenGVLab/InternVL3_5-8B-HF@v1.0',
      { kind: 'hub', repository: 'OpenGVLab/InternVL3_5-8B-HF', revision: 'v1.0' },
    ],
    ['hf://a/b@refs/pr/7', { kind: 'hub', repository: 'a/b', revision: 'refs/pr/7' }],
    [`hf://a/b@${COMMIT}`, { kind: 'hub', repository: 'a/b', revision: COMMIT }],
  ])('%s', (text, source) => {
    expect(parseModelSource(text)).toEqual(source);
    expect(modelSourceComplaint(text)).toBeNull();
  });

  test.each([
    ['Qwen/Qwen3-VL-8B-Instruct', 'hf://org/name@revision'],
    ['hf://Qwen', 'hf://org/name@revision'],
    ['hf://a/b/c', 'hf://org/name@revision'],
    ['hf://a/../b', 'hf://org/name@revision'],
    ['hf://../b', 'hf://org/name@revision'],
    ['hf://a--b/c', 'hf://org/name@revision'],
    ['hf://a/b@', 'is no revision'],
    ['hf://a/b@../../x', 'is no revision'],
    ['hf://user:secret@host/a/b', 'hf://org/name@revision'],
    ['', 'is no model'],
  ])('not %s', (text, words) => {
    expect(() => parseModelSource(text)).toThrow(words);
    expect(modelSourceComplaint(text)).toContain(words);
  });
});

test('the path of a data set is a folder unless it has the scheme', () => {
  expect(parseDataPath('rows')).toEqual({ kind: 'folder', path: 'rows' });
  expect(parseDataPath('hf://a/b@x')).toEqual({ kind: 'hub', repository: 'a/b', revision: 'x' });
  expect(dataPathComplaint('hf://a')).toContain('hf://org/name@revision');
});

test('a plan names a commit, and the digest tells commits, repositories and kinds apart', () => {
  expect(hubName({ repository: 'a/b', revision: COMMIT })).toBe(`hf://a/b@${COMMIT}`);
  const digests = [
    hubDigest('model', 'a/b', COMMIT),
    hubDigest('dataset', 'a/b', COMMIT),
    hubDigest('model', 'a/c', COMMIT),
    hubDigest('model', 'a/b', COMMIT.replace('0', '1')),
  ];
  expect(new Set(digests).size).toBe(4);
  expect(() => hubDigest('model', 'a/b', 'main')).toThrow('no commit');
});
