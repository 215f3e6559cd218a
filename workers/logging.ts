/** One pino logger for our code and the Temporal SDK's. Repeated network complaints of the SDK are thinned, not lost. */
import pino, { type Logger } from 'pino';
import { DefaultLogger, makeTelemetryFilterString, Runtime, type LogEntry } from '@temporalio/worker';

const QUIET_MS = 10_000;
const NETWORK = /retried \d+ times|Error when (?:recording heartbeat|polling)|gRPC call/u;

/** Logs go to stderr: standard output belongs to a command's own answer. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, redact: ['*.apiKey', '*.token', '*.password', '*.secret'] }, pino.destination(2));
}

/** Call once for each process, before any worker. Signals stay ours. */
export function installRuntime(logger: Logger): void {
  let lastNetwork = 0;
  let held = 0;
  const sink = ({ level, message, meta }: LogEntry): void => {
    if (NETWORK.test(message)) {
      const now = Date.now();
      if (now - lastNetwork < QUIET_MS) {
        held += 1;
        return;
      }
      lastNetwork = now;
      logger.warn({ more: held }, 'the Temporal server does not answer; still trying');
      held = 0;
      return;
    }
    const { sdkComponent, taskQueue, workflowId, activityType, error } = (meta ?? {}) as Record<string, unknown>;
    const fields = { sdkComponent, taskQueue, workflowId, activityType, err: error };
    if (level === 'ERROR') logger.error(fields, message);
    else if (level === 'WARN') logger.warn(fields, message);
    else logger.debug(fields, message);
  };
  Runtime.install({
    logger: new DefaultLogger('INFO', sink),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} } },
  });
}
