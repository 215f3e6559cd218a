/** Settings from an object are the environment's by other names. */
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../workers/settings.js';
import { defineSettings, type GivenSettings } from '../../workers/settings-object.js';

describe('Settings from an object', () => {
  it('are those of the same environment, defaults and dependent ones included', () => {
    const given: GivenSettings = {
      home: '/srv/runs',
      host: 'gpu-1',
      hostClass: 'h100',
      devices: ['0', '3'],
      cpuSlots: 0,
      shutdown: 'stop',
      trainers: '/etc/trainers.yaml',
      queuePrefix: 'team',
      logLevel: 'warn',
      logFormat: 'json',
      metricsAddress: '9464',
      metricsLookMs: 500,
      address: 'temporal:7233',
      namespace: 'train',
      timers: { poll_ms: 50 },
      tracing: { endpoint: 'http://127.0.0.1:4318/v1/traces' },
    };
    const settings = defineSettings(given);
    expect(settings).toEqual(
      readSettings({
        STAGEWRIGHT_HOME: '/srv/runs',
        STAGEWRIGHT_HOST: 'gpu-1',
        STAGEWRIGHT_CLASS: 'h100',
        STAGEWRIGHT_DEVICES: '0,3',
        STAGEWRIGHT_CPU_SLOTS: '0',
        STAGEWRIGHT_SHUTDOWN: 'stop',
        STAGEWRIGHT_TRAINERS: '/etc/trainers.yaml',
        STAGEWRIGHT_QUEUE_PREFIX: 'team',
        STAGEWRIGHT_LOG_LEVEL: 'warn',
        STAGEWRIGHT_LOG_FORMAT: 'json',
        STAGEWRIGHT_METRICS_ADDRESS: '9464',
        STAGEWRIGHT_METRICS_LOOK_MS: '500',
        STAGEWRIGHT_POLL_MS: '50',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
        TEMPORAL_ADDRESS: 'temporal:7233',
        TEMPORAL_NAMESPACE: 'train',
      }),
    );
    expect(settings).toMatchObject({
      store: '/srv/runs/store',
      hostFolder: '/srv/runs/hosts/gpu-1',
      devices: ['0', '3'],
    });
  });

  it('read nothing from the environment', () => {
    process.env['STAGEWRIGHT_CLASS'] = 'from-the-environment';
    try {
      expect(defineSettings({ home: '/srv/runs' }).hostClass).toBe('any');
    } finally {
      delete process.env['STAGEWRIGHT_CLASS'];
    }
  });

  it('cover every setting, so that a new one is not forgotten', () => {
    // Settings come back as given ones: what that refuses is not covered.
    expect(defineSettings(readSettings({}))).toEqual(readSettings({}));
  });

  it('take what the connection needs as it is', () => {
    const server = { address: 'cloud:7233', namespace: 'train', apiKey: 'a-key', tls: true };
    const settings = defineSettings({ address: 'elsewhere:1', server });
    expect(settings.server).toEqual({ ...server, verifyHost: true });
    expect(settings).toMatchObject({ address: 'cloud:7233', namespace: 'train' });
  });

  it.each<[GivenSettings | Record<string, unknown>, string]>([
    [{ hostFoldr: '/x' }, 'settings: there is no hostFoldr; did you mean "hostFolder"?'],
    [{ timers: { pol_ms: 5 } }, 'settings: there is no timers.pol_ms; did you mean "poll_ms"?'],
    [{ server: { apikey: 'x' } }, 'settings: there is no server.apikey; did you mean "apiKey"?'],
    [{ host: 'a b' }, 'settings: host: letters, digits'],
    [{ cpuSlots: -1, timers: { poll_ms: 0 } }, 'timers.poll_ms'],
    [{ tracing: { endpoint: 'collector' } }, 'settings: tracing.endpoint: an http or https URL'],
  ])('refuse %j', (given, message) => {
    const define = (): unknown => defineSettings(given);
    expect(define).toThrow(message);
    expect(define).toThrow(expect.objectContaining({ type: 'SettingsMissing' }) as Error);
  });
});
