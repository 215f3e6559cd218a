/**
 * Words that look like a secret: by the name of their setting, or by the form that well-known services give their tokens. Used to
 * refuse them in recipes and updates, and to redact them in logs. A net, not a proof: secrets belong to the worker's environment.
 */

/** Names of settings and fields whose value is a secret. */
export const SECRET_NAME =
  /(?:^|[._-])(?:api_?key|token|secret|password|passwd|credentials?|authorization|private_?key)$/iu;

/** Forms of tokens: Hugging Face, OpenAI and Anthropic, Weights & Biases (40 hex), GitHub, AWS, Slack, JWT, bearer, PEM, URL with password. */
const FORMS = [
  'hf_[A-Za-z0-9]{20,}',
  'sk-[A-Za-z0-9_-]{16,}',
  'gh[pousr]_[A-Za-z0-9]{20,}',
  'github_pat_[A-Za-z0-9_]{20,}',
  '(?:AKIA|ASIA)[A-Z0-9]{16}',
  'xox[abprs]-[A-Za-z0-9-]{10,}',
  'eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}',
  '(?<=[Bb]earer )[A-Za-z0-9._~+/-]{12,}=*',
  '-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?',
  '(?<=[a-z][a-z0-9+.-]*://[^\\s:/@]*:)[^\\s@/]+(?=@)',
  '(?<=(?:api_?key|token|secret|password|passwd|WANDB_API_KEY|HF_TOKEN)["\']?\\s*[=:]\\s*["\']?)[^\\s"\',;]{6,}',
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

/** Dotted name of the first secret in a JSON value, or null. @param path of the value itself */
export function findSecret(value: unknown, path = ''): string | null {
  if (typeof value === 'string') return SECRET_NAME.test(path) || looksSecret(value) ? path : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    const found = findSecret(inner, path === '' ? name : `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}
