#!/usr/bin/env node
/** The stagewright command. Standard output carries a command's own output alone; logs and progress go to standard error. */
import { CommanderError } from 'commander';
import { COMMANDS } from './commands.js';
import { EXIT, exitCodeOf, explain, type ExitCode } from './exit.js';
import { buildProgram } from './program.js';

let code: ExitCode = EXIT.done;
try {
  const program = buildProgram(COMMANDS, async (spec, args, options) => {
    code = await (await spec.load())(args, options);
  });
  await program.parseAsync(process.argv);
} catch (error) {
  // Commander has said what is wrong.
  if (error instanceof CommanderError) code = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  else {
    process.stderr.write(`stagewright: ${explain(error)}\n`);
    code = exitCodeOf(error);
  }
}
// Connections and timers of a command that was interrupted must not keep the process.
process.stdout.write('', () => process.exit(code));
