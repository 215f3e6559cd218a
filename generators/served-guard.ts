/**
 * Program: stands between a worker and the server that it started, so that no server outlives its worker, however that ends.
 * `served-guard.js STOP_MS PROGRAM ARGS...`, with an IPC channel to the worker: when it closes or says so, or on SIGTERM, the server's group is
 * ended (SIGTERM, wait, SIGKILL). It tells the server's pid, and exits as the server does, once nothing of its group is left.
 */
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const GROUP_LIMIT_MS = 10_000;

const [stopMs = '', program = '', ...args] = process.argv.slice(2);
const child = spawn(program, args, { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });

/** False when there is nobody to signal. A negative pid is a process group. */
function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

let stopping = false;
function stop(): void {
  const { pid } = child;
  if (stopping || pid === undefined) return;
  stopping = true;
  kill(pid, 'SIGTERM');
  setTimeout(() => kill(-pid, 'SIGKILL'), Number(stopMs));
}

child.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(127);
});
child.once('exit', (code) => {
  void ended().then(() => process.exit(code ?? 1));
});
async function ended(): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  for (let waited = 0; kill(-pid, 'SIGKILL') && waited < GROUP_LIMIT_MS; waited += 20) await delay(20);
}

if (child.pid !== undefined) process.send?.({ pid: child.pid });
process.on('message', stop);
process.on('disconnect', stop);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);
