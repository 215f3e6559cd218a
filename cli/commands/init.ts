/** `init`: a first recipe with comments, which plans and trains as it is. Never over a file that is there. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { nameSchema } from '../../core/recipe.js';
import type { Action } from '../commands.js';
import { CommandError, EXIT } from '../exit.js';
import { optionText } from '../option-text.js';
import { ROOT } from '../root.js';

export const TEMPLATE = join(ROOT, 'configs', 'first-recipe.yaml');
const SCHEMA = join(ROOT, 'configs', 'recipe.schema.json');

export const init: Action = async ([file = 'recipe.yaml'], options) => {
  const given = optionText(options, 'name');
  const name = nameSchema.safeParse(given ?? nameOf(file));
  if (!name.success)
    throw new CommandError(`--name: "${given ?? ''}" ${name.error.issues[0]?.message ?? 'is no name'}`, EXIT.usage);
  const template = await readFile(TEMPLATE, 'utf8');
  try {
    await writeFile(file, recipeText(template, name.data, file), { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new CommandError(`${file} is there already and stays as it is; name another file`, EXIT.usage, {
        cause: error,
      });
    throw new CommandError(
      `cannot write ${file}: ${code === 'ENOENT' ? 'its folder does not exist' : String(error)}`,
      EXIT.failed,
      { cause: error },
    );
  }
  process.stdout.write(`${file}\n`);
  process.stderr.write(
    [
      'Next:',
      `  stagewright up --detach        a server and a worker on this machine`,
      `  stagewright run ${file}`,
      '',
    ].join('\n'),
  );
  return EXIT.done;
};

/** With the line that tells editors where the schema is, so that they complete and check as one types. */
function recipeText(template: string, name: string, file: string): string {
  const schema = relative(dirname(resolve(file)), SCHEMA)
    .split(sep)
    .join('/');
  return `# yaml-language-server: $schema=${schema}\n${template.replace(/^name: .*$/mu, `name: ${name}`)}`;
}

/** The file's own name, as far as a recipe may be called so. */
function nameOf(file: string): string {
  const name = basename(file, extname(file))
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/gu, '-')
    .replace(/^[^a-z0-9]+/u, '')
    .slice(0, 63);
  return name === '' ? 'recipe' : name;
}
