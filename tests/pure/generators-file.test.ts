/** The worker's file of generators: what is wrong is named by file, line and key; secrets are refused and not repeated. */
import { describe, expect, it } from 'vitest';
import { StagewrightError } from '../../core/failures.js';
import { parseGenerators, readGeneratorsFile } from '../../generators/configuration-file.js';
import { NO_GENERATORS } from '../../generators/configuration.js';
import { openGenerator } from '../../generators/registry.js';
import { storeAt } from '../../store/store.js';

const complaintOf = (text: string): string => {
  try {
    parseGenerators(text, 'g.yaml');
  } catch (error) {
    if (error instanceof StagewrightError && error.type === 'SettingsMissing') return error.message;
    throw error;
  }
  return '';
};

describe('The file of generators', () => {
  it('gives an endpoint and a served model their defaults', () => {
    const { generators, images } = parseGenerators(
      `generators:
  big: { base_url: "https://host.example/v1", api_key_env: BIG_KEY, price: { currency: USD, prompt_million: 1, completion_million: 2 } }
  own: { command: [vllm, serve, "{model}", --port, "{port}"] }
images: { allow_hosts: [images.example] }
`,
      'g.yaml',
    );
    expect(generators['big']).toMatchObject({
      kind: 'openai',
      attempts: 6,
      timeout_seconds: 120,
      limits: { concurrency: 16 },
    });
    expect(generators['own']).toMatchObject({ kind: 'served', port: 0, ready_path: '/health', restarts: 3 });
    expect(images).toMatchObject({ allow_hosts: ['images.example'], max_pixels: 50_000_000 });
  });

  it('may be JSON, and may be empty', () => {
    expect(
      parseGenerators('{"generators": {"a": {"base_url": "http://127.0.0.1:1/v1"}}}', 'g.json').generators,
    ).toHaveProperty('a');
    expect(parseGenerators('', 'g.yaml').generators).toEqual({});
  });

  it.each([
    [
      'generators:\n  a:\n    base_url: ftp://x/v1\n',
      'g.yaml:3:5: generators.a.base_url: must be an http or https URL',
    ],
    ['generators:\n  a:\n    base_url: file:///etc/passwd\n', 'g.yaml:3:5: generators.a.base_url: must be an http'],
    [
      'generators:\n  a:\n    base_ulr: http://x/v1\n',
      'g.yaml:3:5: generators.a.base_ulr: unknown key; did you mean "base_url"?',
    ],
    ['generators:\n  a: {}\n', 'g.yaml:2:3: generators.a.base_url: missing; a'],
    [
      'generators:\n  a:\n    base_url: http://x/v1\n    limits:\n      concurency: 3\n',
      'g.yaml:5:7: generators.a.limits.concurency: unknown key; did you mean "concurrency"?',
    ],
    ['generators:\n  a:\n    command: vllm serve\n', 'g.yaml:3:5: generators.a.command: expected array'],
    ['generators:\n  a:\n    command: [x]\n    env: { "A B": c }\n', 'must be the name of an environment variable'],
    ['generatrs: {}\n', 'g.yaml:1:1: generatrs: unknown key; did you mean "generators"?'],
    [
      'generators:\n  a:\n    base_url: http://x/v1\n    limits: { budget: 3 }\n',
      'g.yaml:4:15: generators.a.limits.budget: a budget needs a price',
    ],
    ['images:\n  allow_hosts: ["https://x/"]\n', 'g.yaml:2:3: images.allow_hosts[0]: must be a host'],
    ['generators: [\n', 'g.yaml:2:1: '],
  ])('names the place: %j', (text, words) => {
    expect(complaintOf(text)).toContain(words);
  });

  it('tells all errors at once, in the order of the file', () => {
    const message = complaintOf('generators:\n  a:\n    base_url: x\n    attempts: 0\n  b: { command: [] }\n');
    expect(message.match(/g\.yaml:(\d)/gu)).toEqual(['g.yaml:3', 'g.yaml:4', 'g.yaml:5']);
  });

  it('refuses secrets and never repeats them', () => {
    const key = 'sk-abcdefghijklmnopqrstuvwxyz0123456789';
    for (const text of [
      `generators:\n  a: { base_url: "http://x/v1", api_key_env: ${key} }\n`,
      `generators:\n  a: { base_url: "http://user:hunter2hunter2@x/v1" }\n`,
      `generators:\n  a: { command: [x], env: { TOKEN: ${key} } }\n`,
    ]) {
      const message = complaintOf(text);
      expect(message).toMatch(/g\.yaml:2:.*secret/u);
      expect(message).not.toContain(key);
      expect(message).not.toContain('hunter2');
    }
  });

  it('that is not there is named', async () => {
    await expect(readGeneratorsFile('/nowhere/g.yaml')).rejects.toMatchObject({
      type: 'SettingsMissing',
      message: expect.stringContaining('/nowhere/g.yaml') as string,
    });
    expect(await readGeneratorsFile(null)).toBe(NO_GENERATORS);
  });
});

describe('A generator that the worker does not know', () => {
  const planned = {
    name: 'qwen-vl',
    kind: 'openai',
    model: null,
    identity: { kind: 'endpoint', model: 'm', revision: '1' },
  } as const;
  const site = { env: {}, store: storeAt('/nowhere') };

  it('is missing settings: the file, its entry, or an entry of its kind', async () => {
    const open = (text: string): Promise<unknown> =>
      openGenerator(planned, { ...site, configuration: parseGenerators(text, 'g.yaml') });
    await expect(openGenerator(planned, { ...site, configuration: NO_GENERATORS })).rejects.toThrow(
      'set STAGEWRIGHT_GENERATORS',
    );
    await expect(open('generators: { qwen-v1: { base_url: "http://x/v1" } }')).rejects.toThrow(
      'did you mean "qwen-v1"?',
    );
    await expect(open('generators: { qwen-vl: { command: [x] } }')).rejects.toThrow('a command (kind served)');
  });
});
