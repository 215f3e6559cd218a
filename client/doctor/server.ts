/** The Temporal server: reached, encrypted where it must be, its namespace, its search attributes. */
import { call } from '../connection.js';
import { readSearchAttributes, registerSearchAttributes } from '../search-attributes.js';
import { fail, pass, warn, type Finding, type Patient } from './finding.js';

const DAY_S = 86_400;
const LOOPBACK = /^(?:127\.|\[?::1\]?:|localhost:)/u;

export async function checkServer({ settings, client, unreachable }: Patient): Promise<Finding[]> {
  const { address, tls, apiKey, verifyHost } = settings.server;
  if (client === null)
    return [
      fail(
        unreachable ?? `no Temporal server answers at ${address}`,
        'start one (stagewright up), or correct TEMPORAL_ADDRESS',
      ),
    ];
  const info = await call(client, () => client.workflowService.getSystemInfo({}));
  const encrypted = tls === false ? false : tls !== undefined || apiKey !== undefined;
  const findings = [
    pass(`Temporal server ${info.serverVersion ?? ''} at ${address}, ${encrypted ? 'TLS' : 'plain text'}`),
  ];
  if (!encrypted && !LOOPBACK.test(address))
    findings.push(
      warn(
        `the connection to ${address} is not encrypted`,
        'use TLS (--tls, TEMPORAL_TLS) unless the network is yours alone: recipes and results pass over it',
      ),
    );
  if (encrypted && !verifyHost)
    findings.push(
      warn(
        'the server’s certificate is not verified',
        'name its CA (--tls-ca-path) instead of switching verification off',
      ),
    );
  return findings;
}

export async function checkNamespace({ client }: Patient): Promise<Finding[]> {
  if (client === null) return [];
  const { namespace } = client.options;
  const { config } = await call(client, () => client.workflowService.describeNamespace({ namespace }));
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  const days = seconds / DAY_S;
  const words = `namespace ${namespace}; closed runs are kept ${days < 1 ? `${Math.round(seconds / 3600)} h` : `${Math.round(days * 10) / 10} d`}`;
  // 0 = the server does not say.
  if (seconds === 0 || days >= 1) return [pass(seconds === 0 ? `namespace ${namespace}` : words)];
  return [
    warn(words, 'a longer retention keeps histories for reports: temporal operator namespace update --retention 72h'),
  ];
}

export async function checkSearchAttributes({ client, fix }: Patient): Promise<Finding[]> {
  if (client === null) return [];
  const { usable, absent, otherType, unknown } = await (fix
    ? registerSearchAttributes(client)
    : readSearchAttributes(client));
  if (unknown !== null)
    return [
      warn(
        `search attributes are off: the server does not say which it has (${unknown})`,
        'ask its administrator; runs go on without',
      ),
    ];
  const findings: Finding[] = [];
  if (usable.length > 0) findings.push(pass(`search attributes ${usable.join(', ')}`));
  if (absent.length > 0)
    findings.push(
      warn(
        `search attributes ${absent.join(', ')} are not registered: runs go on without them`,
        'stagewright doctor --fix registers them',
      ),
    );
  if (otherType.length > 0)
    findings.push(
      warn(
        `search attributes ${otherType.join(', ')} are registered with another type than Keyword`,
        'remove and register them again, or go on without them',
      ),
    );
  return findings;
}
