/** Secrets by name and by form: found, taken out, and nothing else taken out with them. */
import { describe, expect, it } from 'vitest';
import { createLineRedactor, redactDeep, redactError } from '../../core/redact.js';
import { findSecret, isSecretName, looksSecret, redact } from '../../core/secrets.js';
import { TOKENS } from '../support/tokens.js';

const SPOKEN = [
  'task-queue-of-the-perception-stage',
  'conf_abcdefghijklmnopqrstuvwxyz',
  'stage 0f3a9c1b2d4e of disk-usage-of-all-hosts is at 90 %',
  'http://127.0.0.1:7233/namespaces/default',
  'kl_coefficient: 0.01, tokens: 123456, max_tokens=2048',
  'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'the bearer of bad news',
];

describe.each(TOKENS)('$form', ({ text, secret }) => {
  it.each([
    ['alone', text],
    ['in a sentence', `download failed: ${text} was refused`],
    ['in JSON', JSON.stringify({ message: `first\n${text}`, more: 'a@b' })],
    ['in JSON in JSON', JSON.stringify({ line: JSON.stringify({ message: `first\n${text}` }) })],
  ])('%s', (_where, words) => {
    expect(looksSecret(words)).toBe(true);
    const clean = redact(words);
    expect(clean).toContain('[redacted]');
    expect(clean).not.toContain(secret);
    if (words.startsWith('{')) expect(() => void JSON.parse(clean)).not.toThrow();
    expect(redact(clean)).toBe(clean);
  });

  it.each([1, 3, 7, 1000])('in a stream, cut every %i characters', (size) => {
    const whole = `epoch 1\n${text}\nstep 2`;
    const redactor = createLineRedactor();
    let out = '';
    for (let at = 0; at < whole.length; at += size) out += redactor.push(whole.slice(at, at + size));
    out += redactor.flush();
    expect(out).toBe(redact(whole));
    expect(out).not.toContain(secret);
    expect(out).toMatch(/^epoch 1\n/u);
    expect(out).toMatch(/step 2$/u);
  });
});

it.each(SPOKEN)('leaves alone: %s', (words) => {
  expect(redact(words)).toBe(words);
  expect(looksSecret(words)).toBe(false);
});

it.each(['token', 'HF_TOKEN', 'apiKey', 'wandb.api_key', 'clientSecret', 'AWS_SECRET_ACCESS_KEY', 'db-password'])(
  'name of a secret: %s',
  (name) => {
    expect(isSecretName(name)).toBe(true);
    expect(findSecret({ a: [{ [name]: 'x' }] })).toBe(`a.0.${name}`);
  },
);
it.each(['tokens', 'max_tokens', 'tokenizer', 'key', 'secretary', 'tokens_per_second'])('no secret: %s', (name) => {
  expect(isSecretName(name)).toBe(false);
  expect(findSecret({ [name]: 'x' })).toBeNull();
});

it('a secret is found under its name however nested, and in a name itself, which is not repeated', () => {
  expect(findSecret({ api_key: ['x'] })).toBe('api_key.0');
  expect(findSecret({ a: { password: { value: 1234 } } })).toBe('a.password.value');
  const found = findSecret({ set: { hf_abcdefghijklmnopqrstuvwx: 1 } });
  expect(found).toBe('set.[redacted]');
  expect(findSecret({ steps: 3, tokens: [1, 2], description: 'the token count' })).toBeNull();
});

describe('whatever leaves the process', () => {
  it('is copied with secrets taken out at any depth', () => {
    const error = new Error('refused hf_abcdefghijklmnopqrstuvwx', { cause: new Error('PASSWORD=hunter22') });
    const given = { a: [{ b: { apiKey: 'x', n: 1 } }], token: { nested: 'y' }, error, when: new Date(0), none: null };
    const clean = redactDeep(given);
    expect(clean).toMatchObject({
      a: [{ b: { apiKey: '[redacted]', n: 1 } }],
      token: '[redacted]',
      error: { type: 'Error', message: 'refused [redacted]', cause: { message: 'PASSWORD=[redacted]' } },
      when: '1970-01-01T00:00:00.000Z',
      none: null,
    });
    expect(JSON.stringify(clean)).not.toMatch(/hf_abc|hunter22/u);
    expect(given.a[0]?.b.apiKey).toBe('x');
  });
  it('survives cycles and depth', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(redactDeep(cycle)).toEqual({ self: '[circular]' });
    let deep: unknown = 'sk-abcdefghijklmnopqrst';
    for (let i = 0; i < 20; i++) deep = [deep];
    expect(JSON.stringify(redactDeep(deep))).toContain('[deep]');
  });
  it('an error keeps its name, not its secret', () => {
    const error = new TypeError('bad hf_abcdefghijklmnopqrstuvwx', { cause: new Error('token=abcdefgh') });
    const clean = redactError(error);
    expect(clean).toMatchObject({
      name: 'TypeError',
      message: 'bad [redacted]',
      cause: { message: 'token=[redacted]' },
    });
    expect(clean.stack).not.toContain('hf_abc');
    expect(clean.stack).toContain('secrets.test');
  });
  it('a key that never ends is let go', () => {
    const redactor = createLineRedactor();
    const out = redactor.push(`-----BEGIN RSA PRIVATE KEY-----\n${'A'.repeat(20_000)}`);
    expect(out).toBe('[redacted]');
  });
});
