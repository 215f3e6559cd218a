/** The log as it is written: one line of JSON or text, fields kept, secrets of every form taken out wherever they stand. */
import { describe, expect, it } from 'vitest';
import { createLogger, sdkLogger, type LogFormat } from '../../workers/logging.js';
import { readSettings } from '../../workers/settings.js';
import { TOKENS } from '../support/tokens.js';

function logTo(format: LogFormat, level = 'debug'): { logger: ReturnType<typeof createLogger>; text: () => string } {
  let written = '';
  const logger = createLogger({ level, format, destination: { write: (line) => void (written += line) } });
  return { logger, text: () => written };
}
const lines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe.each(['json', 'pretty'] as const)('%s', (format) => {
  it.each(TOKENS)('$form appears nowhere', ({ text: token, secret }) => {
    const { logger, text } = logTo(format);
    const error = new Error(`refused: ${token}`, { cause: new TypeError(`because ${token}`) });
    logger.info(`message ${token}`);
    logger.info('message %s', token);
    logger.info({ field: token, nested: { deep: [{ deeper: token }] } }, 'fields');
    logger.warn({ err: error }, `with an error ${token}`);
    logger.error({ err: error });
    logger.error(error);
    logger.error(error, 'first');
    logger.error({ failures: [error] }, 'in a list');
    logger.child({ bound: token }).child({ again: token }).info('child');
    const sdk = sdkLogger(logger);
    sdk.warn(`Activity failed ${token}`, { error, workflowId: 'w', extra: { header: token } });
    sdk.error(`Core: ${token}`, { error: Object.assign(new Error('x'), { response: { body: token } }) });
    expect(text().length).toBeGreaterThan(500);
    expect(text()).not.toContain(secret);
    expect(text()).toContain('[redacted]');
  });
  it('fields that are named as secrets', () => {
    const { logger, text } = logTo(format);
    logger
      .child({ apiKey: 'not-of-a-form-1' })
      .info({ env: { HF_TOKEN: 'not-of-a-form-2', list: [{ password: 3 }] } }, 'm');
    expect(text()).not.toMatch(/not-of-a-form/u);
    expect(text().match(/\[redacted\]/gu)).toHaveLength(3);
  });
});

describe('lines', () => {
  it('are JSON with level, message, bindings and an error in full', () => {
    const { logger, text } = logTo('json');
    logger.child({ stage: 'perception' }).warn({ epoch: 2, err: new TypeError('no') }, 'failed');
    const [line] = lines(text());
    expect(line).toMatchObject({ level: 40, msg: 'failed', stage: 'perception', epoch: 2 });
    expect(line?.['err']).toMatchObject({
      type: 'TypeError',
      message: 'no',
      stack: expect.stringContaining('test') as string,
    });
    expect(line).not.toHaveProperty('pid');
  });
  it('an error alone gives its message', () => {
    const { logger, text } = logTo('json');
    logger.error(new Error('gone'));
    expect(lines(text())[0]).toMatchObject({ msg: 'gone', err: { message: 'gone' } });
  });
  it('of a terminal are text', () => {
    const { logger, text } = logTo('pretty');
    logger.info({ host: 'h' }, 'worker runs');
    expect(text()).toMatch(/INFO.*: worker runs\n\s+host: "h"/u);
  });
  it('below the level cost no copy', () => {
    const { logger, text } = logTo('json', 'warn');
    const field = {
      get never(): string {
        throw new Error('was read');
      },
    };
    logger.debug(field, 'not shown');
    expect(text()).toBe('');
  });
});

describe('the SDK', () => {
  it('keeps its fields; its own notes are debug, those of workflows and activities are not', () => {
    const { logger, text } = logTo('json', 'info');
    const sdk = sdkLogger(logger);
    sdk.info('Worker state changed', { sdkComponent: 'worker' });
    sdk.info('stage parked', { sdkComponent: 'workflow', workflowId: 'w', reason: 'DiskFull' });
    expect(lines(text())).toMatchObject([{ level: 30, msg: 'stage parked', workflowId: 'w', reason: 'DiskFull' }]);
  });
  it('network complaints are thinned and counted', () => {
    const { logger, text } = logTo('json');
    const sdk = sdkLogger(logger);
    for (let i = 0; i < 5; i++) sdk.warn('gRPC call poll_activity_task_queue retried 5 times');
    expect(lines(text())).toMatchObject([{ msg: 'the Temporal server does not answer; still trying', more: 0 }]);
  });
});

describe('settings', () => {
  it.each([
    ['9464', '127.0.0.1:9464'],
    ['localhost:9464', '127.0.0.1:9464'],
    ['0.0.0.0:9464', '0.0.0.0:9464'],
    ['[::1]:9464', '[::1]:9464'],
    ['', null],
  ])('metrics address %j', (text, address) => {
    expect(readSettings({ STAGEWRIGHT_METRICS_ADDRESS: text }).metricsAddress).toBe(address);
  });
  it.each(['0', '70000', ':9464', 'example.org:9464', 'yes'])('metrics address %j is refused', (text) => {
    expect(() => readSettings({ STAGEWRIGHT_METRICS_ADDRESS: text })).toThrow(/STAGEWRIGHT_METRICS_ADDRESS.*9464/u);
  });
  it('are off by default; an endpoint switches tracing on', () => {
    expect(readSettings({})).toMatchObject({ metricsAddress: null, tracing: null, logFormat: undefined });
    expect(readSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }).tracing).toBeNull();
    expect(readSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }).tracing).toEqual({
      endpoint: 'http://127.0.0.1:4318/v1/traces',
      serviceName: 'stagewright',
    });
    expect(
      readSettings({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/x',
        OTEL_SERVICE_NAME: 'lab',
      }).tracing,
    ).toEqual({ endpoint: 'https://traces.example/x', serviceName: 'lab' });
    expect(() => readSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' })).toThrow(/OTEL_EXPORTER_OTLP_ENDPOINT/u);
    expect(() => readSettings({ STAGEWRIGHT_LOG_FORMAT: 'xml' })).toThrow(/STAGEWRIGHT_LOG_FORMAT/u);
  });
});
