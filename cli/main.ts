#!/usr/bin/env node
/** The stagewright command. Standard output carries a command's own output alone; logs and progress go to standard error. */
import { Command, CommanderError } from 'commander';
import { COMMANDS, type CommandSpec, type Options } from './commands.js';
import { EXIT, exitCodeOf, explain, type ExitCode } from './exit.js';

function build(done: (code: ExitCode) => void): Command {
  const program = new Command('stagewright')
    .description('Staged post-training of vision-language models as durable Temporal workflows.')
    .exitOverride()
    .showHelpAfterError('(--help lists what there is)');
  for (const spec of COMMANDS) add(program, spec, done);
  return program;
}

function add(program: Command, spec: CommandSpec, done: (code: ExitCode) => void): void {
  const command = program.command(spec.usage).description(spec.summary).exitOverride();
  for (const [flags, description, fallback] of spec.options) command.option(flags, description, fallback);
  command.action(async (...given: unknown[]) => {
    const options = command.opts<Options>();
    const args = given
      .slice(0, -2)
      .flat()
      .filter((arg): arg is string => typeof arg === 'string');
    done(await (await spec.load())(args, options));
  });
}

let code: ExitCode = EXIT.done;
try {
  await build((ended) => (code = ended)).parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) code = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else {
    process.stderr.write(`stagewright: ${explain(error)}\n`);
    code = exitCodeOf(error);
  }
}
// Connections and timers of a command that was interrupted must not keep the process.
process.stdout.write('', () => process.exit(code));
