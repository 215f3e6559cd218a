/** TLS in front of a plain Temporal server, with the certificate of tests/support/tls (for the name `temporal.test`, by its own CA). */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { ROOT } from '../../cli/root.js';

const folder = join(ROOT, 'tests', 'support', 'tls');
export const TLS = {
  ca: join(folder, 'ca.pem'),
  cert: join(folder, 'server.pem'),
  key: join(folder, 'server-key.pem'),
  name: 'temporal.test',
} as const;

export interface TlsProxy {
  readonly address: string;
  close(): void;
}

/** @param clients ask clients for a certificate of the same CA */
export function openTlsProxy(target: string, clients = false): Promise<TlsProxy> {
  const [host, port] = target.split(':');
  const server = createServer(
    {
      cert: readFileSync(TLS.cert),
      key: readFileSync(TLS.key),
      ca: readFileSync(TLS.ca),
      ALPNProtocols: ['h2'],
      requestCert: clients,
      rejectUnauthorized: clients,
    },
    (socket) => {
      const plain = connect({ host, port: Number(port) });
      socket.pipe(plain).pipe(socket);
      socket.on('error', () => plain.destroy());
      plain.on('error', () => socket.destroy());
    },
  );
  server.on('tlsClientError', () => undefined);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const own = typeof address === 'object' && address !== null ? address.port : 0;
      resolve({ address: `127.0.0.1:${own}`, close: () => server.close() });
    });
  });
}
