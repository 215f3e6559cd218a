/** Options and words that several families of commands share. */
export const json = ['--json', 'print JSON'] as const;
export const variant = ['--variant <name>', 'variant of the recipe'] as const;
export const seed = ['--set-seed <n>', 'seed in place of the recipe’s'] as const;
export const reason = ['--reason <text>', 'why; kept in the history', ''] as const;
export const actor = ['--actor <name>', 'who asks; kept in the history (default: your user name)'] as const;

export const MEANT =
  'The run is meant by its recipe’s file or name, or by its workflow id; without one, the only run that is open.';
