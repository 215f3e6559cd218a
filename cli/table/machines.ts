/** Commands of servers, workers and hosts; cli/commands.ts puts the families together. */
import type { CommandSpec } from '../command-spec.js';
import { json } from './common-options.js';

export const MACHINES: readonly CommandSpec[] = [
  {
    group: 'Server and workers',
    usage: 'doctor',
    summary:
      'everything that a run needs on this host and at its server, line by line: pass, or what to do; exits with 1 if any fails',
    options: [['--fix', 'register search attributes that are absent'], json],
    examples: ['stagewright doctor --fix'],
    server: true,
    load: async () => (await import('../commands/doctor.js')).doctor,
  },
  {
    group: 'Server and workers',
    usage: 'up',
    summary: 'a local Temporal server and a worker with all roles, until Ctrl-C or `down`',
    options: [
      ['--port <n>', 'port of the server', '7233'],
      ['--detach', 'in the background: return when both are at work'],
    ],
    more: 'What it keeps is in STAGEWRIGHT_HOME (default .stagewright), with its logs and a configuration file for the Temporal CLI.',
    load: async () => (await import('../commands/up.js')).up,
  },
  {
    group: 'Server and workers',
    usage: 'down',
    summary: 'end what `up` started in this home: trainers save a checkpoint first',
    options: [],
    load: async () => (await import('../commands/down.js')).down,
  },
  {
    group: 'Server and workers',
    usage: 'worker',
    summary: 'a worker of one role, in the foreground; its settings come from the environment (docs/settings.md)',
    options: [['--role <role>', 'control, cpu, gpu or all', 'all']],
    server: true,
    load: async () => (await import('../commands/worker.js')).worker,
  },
  {
    group: 'Server and workers',
    usage: 'serve <weights>',
    summary:
      'the embedded model behind an OpenAI-compatible API: of a finished stage (name or key), or of an export’s folder',
    options: [
      ['--host <address>', 'where it listens', '127.0.0.1'],
      ['--port <n>', '0 takes any that is free', '8000'],
      ['--model-name <name>', 'what clients call it (default: the stage’s name)'],
      ['--threads <n>', 'threads of the model; answers are the same with any', '1'],
      ['--queue <n>', 'questions that may wait; beyond it clients are told to come again', '1024'],
      ['--strict', 'refuse words and pictures that the model cannot take, in place of leaving out and scaling'],
      ['--recipe <name>', 'file, name or id of the recipe whose stage is meant'],
    ],
    more: 'Its address goes to standard output once it answers. With STAGEWRIGHT_SERVE_KEY set, clients need that key. docs/serve.md has the rest.',
    examples: ['stagewright serve perception', 'stagewright serve ./my-weights --port 8001 --strict'],
    server: true,
    load: async () => (await import('../commands/serve.js')).serve,
  },
];
