/** Runs one child with our terminal, passes signals on to it, and tells its exit code as a shell would. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const PASSED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} 128 + the signal's number when a signal ended it
 */
export function runChild(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    // Ctrl-C reaches the child through the terminal's process group as well; a second one is for it to ignore.
    const handlers = PASSED.map((signal) => {
      const pass = () => {
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
      };
      process.on(signal, pass);
      return [signal, pass];
    });
    const clear = () => handlers.forEach(([signal, pass]) => process.off(signal, pass));
    child.once('error', (error) => {
      clear();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      clear();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
