/**
 * One made-up token of each form that core/secrets.ts knows: `text` as it stands in a log, `secret` what must not be left of it.
 * Joined from pieces, so that no scanner of repositories takes them for real ones.
 */
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEF';
const of = (prefix: string, length: number): string => prefix + alphabet.slice(0, length);
const plain = (form: string, token: string): Token => ({ form, text: token, secret: token });

export interface Token {
  readonly form: string;
  readonly text: string;
  readonly secret: string;
}

export const TOKENS: readonly Token[] = [
  plain('Hugging Face', of('hf_', 34)),
  plain('OpenAI', of('sk-proj-', 30)),
  plain('Anthropic', of('sk-ant-api03-', 30)),
  plain('GitHub', of('ghp_', 36)),
  plain('GitHub, fine-grained', of('github_pat_', 30)),
  plain('AWS', `AKIA${'ABCDEFGH'.repeat(2)}`),
  plain('Slack', of('xoxb-', 24)),
  plain('Google', of('AIza', 35)),
  plain('JWT', [of('eyJ', 20), of('', 24), of('', 20)].join('.')),
  { form: 'bearer', text: `Authorization: Bearer ${of('', 20)}`, secret: of('', 20) },
  { form: 'basic', text: 'Authorization: Basic dXNlcjpwYXNz', secret: 'dXNlcjpwYXNz' },
  {
    form: 'PEM',
    text: ['-----BEGIN RSA PRIVATE KEY-----', of('', 42), of('MII', 30), '-----END RSA PRIVATE KEY-----'].join('\n'),
    secret: of('MII', 30),
  },
  { form: 'URL with password', text: 'postgres://user:hunter22@db:5432/x', secret: 'hunter22' },
  {
    form: 'Weights & Biases',
    text: `WANDB_API_KEY=${'0123456789abcdef'.repeat(2)}01234567`,
    secret: '0123456789abcdef',
  },
  { form: 'after its name', text: 'aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG"', secret: 'wJalrXUtnFEMI' },
];
