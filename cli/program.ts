/** The parser, from the table of commands. It runs nothing: what is chosen goes to `chosen`. */
import { Command, Option } from 'commander';
import { FAMILIES, type CommandSpec, type OptionSpec, type Options } from './command-spec.js';
import { CONNECTION_OPTIONS, GRPC_META } from './connection-options.js';

const CONNECTION = 'Connection (as the Temporal CLI has it):';
const AFTER = `
Exit codes: 0 done, 1 failed, 2 wrong usage or recipe (an update that was refused too), 3 waiting for a person, 130 interrupted.
docs/commands.md has all of this on one page.`;

export type Chosen = (spec: CommandSpec, args: readonly string[], options: Options) => Promise<void>;

export function buildProgram(commands: readonly CommandSpec[], chosen: Chosen): Command {
  const program = new Command('stagewright')
    .description('Staged post-training of vision-language models as durable Temporal workflows.')
    .exitOverride()
    .showHelpAfterError('(--help lists what there is)')
    .addHelpText('after', AFTER)
    .configureHelp({ subcommandTerm: (command) => [command.name(), ...argumentsOf(command)].join(' ') });
  for (const spec of commands) add(program, spec, chosen);
  program.commandsGroup('Begin:').helpCommand('help [command]', 'help of one command');
  return program;
}

/** Where a command belongs: the program, or its family, which is there from the first of its commands on. */
function parentOf(program: Command, family: string | undefined): Command {
  if (family === undefined) return program;
  const known = program.commands.find((command) => command.name() === family);
  if (known !== undefined) return known;
  const { group, summary } = FAMILIES[family] ?? { group: '', summary: '' };
  return program.command(family).description(summary).helpGroup(`${group}:`).exitOverride();
}

function argumentsOf(command: Command): string[] {
  return command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
}

function add(program: Command, spec: CommandSpec, chosen: Chosen): void {
  const [family, name] = /^([a-z]+) ([a-z].*)$/.exec(spec.usage)?.slice(1) ?? [undefined, spec.usage];
  const command = parentOf(program, family)
    .command(name ?? spec.usage)
    .description(spec.summary)
    .exitOverride();
  if (family === undefined) command.helpGroup(`${spec.group}:`);
  for (const option of spec.options) command.addOption(optionOf(option));
  if (spec.server === true) {
    for (const { spec: option } of CONNECTION_OPTIONS) command.addOption(optionOf(option).helpGroup(CONNECTION));
    command.addOption(optionOf(GRPC_META).helpGroup(CONNECTION));
  }
  const { more, examples = [] } = spec;
  if (more !== undefined) command.addHelpText('after', `\n${more}`);
  if (examples.length > 0) command.addHelpText('after', `\nFor example:\n${examples.map((e) => `  ${e}`).join('\n')}`);
  command.action(async (...given: unknown[]) => {
    const args = given
      .slice(0, -2)
      .flat()
      .filter((arg): arg is string => typeof arg === 'string');
    await chosen(spec, args, command.opts<Options>());
  });
}

function optionOf([flags, description, fallback]: OptionSpec): Option {
  const option = new Option(flags, description);
  if (typeof fallback === 'string') return fallback === '' ? option : option.default(fallback);
  if (fallback === undefined) return option;
  return option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
}
