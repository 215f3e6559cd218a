/**
 * Words that look like a secret: by the name of their setting, or by the form that well-known services give their tokens. Used to
 * refuse them in recipes and updates, and to redact them in logs. A net, not a proof: secrets belong to the worker's environment.
 */

/** Names of settings and fields whose value is a secret, once camelCase is snake_case. */
export const SECRET_NAME =
  /(?:^|[._-])(?:api_?key|(?:access|secret|private|signing)_?key(?:_?id)?|token|secret|password|passwd|credentials?|authorization|cookie)$/iu;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.replace(/([a-z0-9])([A-Z])/gu, '$1_$2'));
}

/** Node 20 has no inline `i` flag, and other forms are told by their case. */
const anyCase = (words: string): string => words.replace(/[a-z]/gu, (c) => `[${c.toUpperCase()}${c}]`);
/** Not in the middle of a word (`task-`), but after an escape (`\\n`) of a JSON string. */
const START = '(?<=^|[^A-Za-z0-9]|\\\\[nrt])';
/** Between a secret's name and its value, also in JSON inside a JSON string. */
const IS = '\\\\*["\']?\\s*[=:]\\s*\\\\*["\']?';

/**
 * Forms of tokens: Hugging Face, OpenAI and Anthropic, GitHub, AWS, Slack, Google, JWT, bearer and basic, PEM, URL with password,
 * and what stands after the name of a secret (`WANDB_API_KEY=`, `"token": "`). None spans a quote, so that JSON stays JSON.
 */
const FORMS = [
  `${START}hf_[A-Za-z0-9]{20,}`,
  `${START}sk-[A-Za-z0-9_-]{16,}`,
  `${START}gh[pousr]_[A-Za-z0-9]{20,}`,
  `${START}github_pat_[A-Za-z0-9_]{20,}`,
  `${START}(?:AKIA|ASIA)[A-Z0-9]{16}`,
  `${START}xox[abprs]-[A-Za-z0-9-]{10,}`,
  `${START}AIza[A-Za-z0-9_-]{35}`,
  `${START}eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}`,
  '(?<=[Bb]earer )[A-Za-z0-9._~+/-]{12,}=*',
  `(?<=[Aa]uthorization${IS}[Bb]asic )[A-Za-z0-9+/]{4,}=*`,
  '-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^"\']*?-----END [A-Z ]*PRIVATE KEY-----|[A-Za-z0-9+/=\\s\\\\]*)',
  '(?<=[a-z][a-z0-9+.-]*://[^\\s:/@"\']*:)[^\\s@/"\']+(?=@)',
  `(?<=(?:${anyCase('api_?key|access_?key|secret_?key|token|secret|password|passwd')})${IS})[^\\s"',;\\\\]{6,}`,
] as const;
const ANY = new RegExp(FORMS.join('|'), 'gu');

export const REDACTED = '[redacted]';

/** `text` with every token in it replaced. */
export function redact(text: string): string {
  return text.replace(ANY, REDACTED);
}

export function looksSecret(text: string): boolean {
  return text.search(ANY) >= 0;
}

/**
 * Dotted name of the first secret in a JSON value, or null: a value under a secret's name, however nested, a value of a token's
 * form, or a name of such a form (which is then not repeated).
 * @param path of the value itself
 */
export function findSecret(value: unknown, path = '', named = isSecretName(path)): string | null {
  if (typeof value === 'string') return named || looksSecret(value) ? path : null;
  if (typeof value === 'number') return named ? path : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    const at = path === '' ? redact(name) : `${path}.${redact(name)}`;
    const found = looksSecret(name) ? at : findSecret(inner, at, named || isSecretName(name));
    if (found !== null) return found;
  }
  return null;
}
