/** docs/own-worker.md shows the files of the project that the pack tier installs and runs, as they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../cli/root.js';

const page = readFileSync(join(ROOT, 'docs', 'own-worker.md'), 'utf8');
const project = join(ROOT, 'tests', 'own-worker-project');
const shown = [...page.matchAll(/^`([\w./-]+)`:\n\n```\w+\n(.*?)```$/gmsu)].map(([, name = '', text = '']) => ({
  name,
  text,
}));

describe('The page of a Worker of one’s own', () => {
  it('shows each file that a user writes', () => {
    const files = [
      'recipe.yaml',
      ...['workflows', 'activities', 'settings', 'worker', 'train'].map((n) => `src/${n}.ts`),
    ];
    expect(shown.map(({ name }) => name)).toEqual(files);
  });

  it.each(shown)('shows $name as it is', ({ name, text }) => {
    expect(text).toBe(readFileSync(join(project, name), 'utf8'));
  });

  it('names the version of the Temporal packages that the package does', () => {
    const { peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      peerDependencies: Record<string, string>;
    };
    for (const [name, version] of Object.entries(peerDependencies)) expect(page).toContain(`${name}@${version}`);
  });
});
