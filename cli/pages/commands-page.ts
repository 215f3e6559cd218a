/** docs/commands.md as text, from the one table of commands. */
import { COMMANDS, GROUPS, type CommandSpec, type OptionSpec } from '../commands.js';
import { CONNECTION_OPTIONS, GRPC_META } from '../connection-options.js';

export function commandsPage(): string {
  return `# Commands

The table in \`cli/commands.ts\` (a family of commands a file in \`cli/table/\`) decides what there is; this page is printed from it (\`npm run docs\`), and so is \`stagewright --help\`.
Everything that a command does beyond words is a function of \`client/\`, for code of your own.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | wrong usage or recipe; an update that was refused |
| 3 | the run waits for a person |
| 130 | interrupted; on a server the run goes on, and the last line says how to come back to it |

${GROUPS.map(group).join('\n')}
## Connection

Commands marked *server* take these, with the names that the Temporal CLI has. An option wins over its variable, and that over
Temporal's configuration file (\`TEMPORAL_CONFIG_FILE\`, by default \`temporalio/temporal.toml\` in your configuration folder). Workers read the
same. API keys belong into the variable: a command line is seen by everybody on the machine.

| option | variable | meaning |
|---|---|---|
${CONNECTION_OPTIONS.map(({ spec: [flags, description], variable }) => `| \`${flags}\` | \`${variable}\` | ${cell(description)} |`).join('\n')}
| \`${GRPC_META[0]}\` | \`TEMPORAL_GRPC_META_<KEY>\` | ${cell(GRPC_META[1])} |
`;
}

function group(name: (typeof GROUPS)[number]): string {
  const commands = COMMANDS.filter((command) => command.group === name);
  return commands.length === 0 ? '' : `## ${name}\n\n${commands.map(section).join('\n')}`;
}

function section({ usage, summary, options, more, examples = [], server }: CommandSpec): string {
  return [
    `### \`stagewright ${usage}\``,
    '',
    `${capital(summary)}.${more === undefined ? '' : ` ${more}`}${server === true ? ' *server*' : ''}`,
    '',
    ...(options.length === 0 ? [] : ['| option | meaning |', '|---|---|', ...options.map(row), '']),
    ...(examples.length === 0 ? [] : ['```sh', ...examples, '```', '']),
  ].join('\n');
}

function row([flags, description, fallback]: OptionSpec): string {
  const shown = typeof fallback === 'string' && fallback !== '' ? ` (default: \`${fallback}\`)` : '';
  return `| \`${flags}\` | ${cell(description)}${shown} |`;
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
const cell = (text: string): string => text.replaceAll('|', '\\|');
