#!/usr/bin/env node
/** The stagewright command. Standard output carries a command's own output alone; logs and progress go to standard error. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { z } from 'zod';
import { COMMANDS } from './commands.js';
import { EXIT, exitCodeOf, explain, type ExitCode } from './exit.js';
import { buildProgram } from './program.js';
import { ROOT } from './root.js';

let code: ExitCode = EXIT.done;
try {
  const program = buildProgram(COMMANDS, async (spec, args, options) => {
    code = await (await spec.load())(args, options);
  });
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
  await program.version(version, '-V, --version', 'print the version').parseAsync(process.argv);
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
