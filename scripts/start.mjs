#!/usr/bin/env node
/**
 * Every npm script that runs something goes through here: `node scripts/start.mjs <task> [args]`. Sets the clone up (packages,
 * build), then runs the task. Node built-ins only, since it must work before any package is installed.
 * Prints nothing on standard output itself: that belongs to the task.
 */
import { pathToFileURL } from 'node:url';
import { requireNode } from './node-version.mjs';

requireNode();
const { setUp } = await import('./set-up.mjs');
const { runChild } = await import('./child.mjs');
const { TASKS } = await import('./tasks.mjs');

const [name, ...args] = process.argv.slice(2);
const task = name === undefined ? undefined : TASKS[name];
if (task === undefined) {
  process.stderr.write(`usage: node scripts/start.mjs ${Object.keys(TASKS).join('|')} [args]\n`);
  process.exit(2);
}
try {
  await setUp();
  const { module, steps } = task(args);
  for (const step of steps ?? []) {
    const code = await runChild(process.execPath, step);
    if (code !== 0) process.exit(code);
  }
  if (module !== undefined) {
    // In this process: signals and the exit code are the command's own, and a kill leaves no half of it behind.
    process.argv = [process.execPath, ...module];
    await import(pathToFileURL(module[0]).href);
  }
} catch (error) {
  process.stderr.write(`stagewright: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
