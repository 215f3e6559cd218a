/**
 * One pino logger for our code and the Temporal SDK's: JSON for services, text for a terminal, secrets taken out of messages, fields
 * and errors. Repeated network complaints of the SDK are thinned, not lost. It installs nothing: telemetry/runtime.ts does.
 */
import { format } from 'node:util';
import pino, { type Bindings, type DestinationStream, type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { DefaultLogger, type LogEntry, type Logger as SdkLogger } from '@temporalio/worker';
import { redactDeep } from '../core/redact.js';
import { redact } from '../core/secrets.js';

export type LogFormat = 'json' | 'pretty';

const QUIET_MS = 10_000;
const NETWORK = /retried \d+ times|Error when (?:recording heartbeat|polling)|gRPC call/u;

export interface LoggerOptions {
  readonly level: string;
  /** Default: text when stderr is a terminal, else JSON. */
  readonly format?: LogFormat | undefined;
  /** Default: stderr, since standard output belongs to a command's own answer. */
  readonly destination?: DestinationStream;
}

export function createLogger({ level, format: asked, destination }: LoggerOptions): Logger {
  const terminal = process.stderr.isTTY;
  const output = destination ?? pino.destination(2);
  const stream = (asked ?? (terminal ? 'pretty' : 'json')) === 'pretty' ? inWords(output, terminal) : output;
  const logger = pino(
    {
      level,
      base: null,
      // `cleaned` made it plain already.
      serializers: { err: (error: unknown) => error },
      hooks: { logMethod: cleaned },
    },
    stream,
  );
  // Bindings are written without the hook; children inherit this.
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its logger below
  const plainChild: (this: Logger, bindings: Bindings, options?: object) => Logger = logger.child;
  Object.assign(logger, {
    child(this: Logger, bindings: object, options?: object) {
      return plainChild.call(this, redactDeep(bindings) as Bindings, options);
    },
  });
  return logger;
}

/** In this process: a worker thread would lose the last lines of one that is killed. */
function inWords(output: DestinationStream, colorize: boolean): DestinationStream {
  const pretty = prettyFactory({ colorize });
  return { write: (line) => output.write(pretty(line)) };
}

/** Runs only for lines that are written. Everything is made plain here, so that pino's own serialisers find no secret. */
function cleaned(
  this: Logger,
  args: [unknown, ...unknown[]],
  method: (this: Logger, ...args: [unknown, ...unknown[]]) => void,
): void {
  const [first, ...rest] = args;
  if (typeof first === 'string') return method.call(this, redact(format(first, ...rest)));
  const fields = redactDeep(first instanceof Error ? { err: first } : first);
  // Without a message pino takes the error's, which has no secret any more.
  if (rest.length === 0) return method.call(this, fields);
  return method.call(this, fields, redact(format(...rest)));
}

/** The SDK's log (workers, Core, `log` of workflows and activities) as lines of `logger`. */
export function sdkLogger(logger: Logger): SdkLogger {
  let lastNetwork = 0;
  let held = 0;
  const sink = ({ level, message, meta }: LogEntry): void => {
    if (NETWORK.test(message)) {
      const now = performance.now();
      if (lastNetwork > 0 && now - lastNetwork < QUIET_MS) {
        held += 1;
        return;
      }
      lastNetwork = now;
      logger.warn({ more: held }, 'the Temporal server does not answer; still trying');
      held = 0;
      return;
    }
    const { error, ...fields } = (meta ?? {}) as Record<string, unknown>;
    const line = error === undefined ? fields : { ...fields, err: error };
    const own = fields['sdkComponent'] === 'workflow' || fields['sdkComponent'] === 'activity';
    if (level === 'ERROR') logger.error(line, message);
    else if (level === 'WARN') logger.warn(line, message);
    // What our own workflows and activities say; the SDK's lines about itself are for those who look for them.
    else if (own && level === 'INFO') logger.info(line, message);
    else logger.debug(line, message);
  };
  return new DefaultLogger('INFO', sink);
}
