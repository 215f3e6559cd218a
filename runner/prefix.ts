/**
 * The host's prefix before a trainer's or exporter's command (`docker run …`, `apptainer exec …`, `srun …`), with its placeholders
 * filled in. Pure: how a program behind a prefix is stopped is child.ts's.
 */
import type { Command, Launch } from '../core/launch.js';
import { hint } from '../core/nearest-name.js';
import { MARKER_VARIABLE } from './processes.js';

export interface PrefixValues {
  readonly marker: string;
  /** Comma-separated where there are several, as CUDA_VISIBLE_DEVICES has them. */
  readonly devices: readonly string[];
  readonly runFolder: string;
  readonly store: string;
}

const PLACEHOLDERS = ['marker', 'devices', 'run_folder', 'store'] as const;
/** A word that holds it is repeated for each variable that the trainer is given: `--env={env}` becomes `--env=CUDA_VISIBLE_DEVICES`, ... */
const EACH_VARIABLE = 'env';
const ANY = /\{([a-z_]+)\}/gu;

/** What is wrong with a placeholder of `words`, or null. */
export function unknownPlaceholder(words: readonly string[]): string | null {
  const known: readonly string[] = [...PLACEHOLDERS, EACH_VARIABLE];
  for (const word of words)
    for (const [, name = ''] of word.matchAll(ANY))
      if (!known.includes(name)) return `unknown placeholder {${name}}; ${hint(name, known)}`;
  return null;
}

/** `words` with their placeholders filled in. @param variables names of what `{env}` stands for */
export function filledWords(
  words: readonly string[],
  values: PrefixValues,
  variables: readonly string[] = [],
): string[] {
  const filled: Readonly<Record<string, string>> = {
    marker: values.marker,
    devices: values.devices.join(','),
    run_folder: values.runFolder,
    store: values.store,
  };
  const fill = (word: string): string => word.replaceAll(ANY, (all, name: string) => filled[name] ?? all);
  return words.flatMap((word) =>
    word.includes(`{${EACH_VARIABLE}}`)
      ? variables.map((name) => fill(word.replaceAll(`{${EACH_VARIABLE}}`, name)))
      : [fill(word)],
  );
}

export interface ThroughPrefix {
  readonly prefix: readonly string[];
  /** Of the host, below what the backend sets itself. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** The command as the host starts it. */
export function throughPrefix(command: Command, host: ThroughPrefix, values: PrefixValues): Command {
  const env = { ...host.env, ...command.env };
  const variables = [
    ...new Set([MARKER_VARIABLE, 'CUDA_VISIBLE_DEVICES', ...Object.keys(env), ...host.secrets]),
  ].sort();
  return { ...command, env, argv: [...filledWords(host.prefix, values, variables), ...command.argv] };
}

/** Of a launch, for its prefix. */
export function prefixValues(launch: Pick<Launch, 'marker' | 'devices' | 'run_folder' | 'store'>): PrefixValues {
  return { ...launch, runFolder: launch.run_folder };
}
