/** What a filter does when nobody takes its output: a reader that has seen enough (head) ends it, a full disk is said. */
import { EXIT } from './exit.js';

/** @param command its name, for the message */
export function endWithReader(command: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    process.stderr.write(`stagewright ${command}: cannot write to standard output: ${error.message}\n`);
    process.exit(EXIT.failed);
  });
}
