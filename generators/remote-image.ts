/**
 * A picture from the web: only from hosts that the worker's file allows, and never from a private address. The address that was
 * checked is the one that is connected to, so that a name cannot change between; each redirect is checked as the first one was.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { redact } from '../core/secrets.js';
import type { ImageLimits } from './configuration.js';
import { ImageFault } from './image-fault.js';
import { checkImage, type CheckedImage } from './images.js';

const MOST_REDIRECTS = 5;
const DEFAULT_TIMEOUT_MS = 30_000;

export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  /** For tests: names and addresses that are not the world's. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly isPublic?: (address: string) => boolean;
}

/** @throws ImageFault, or the signal's reason */
export async function fetchImage(url: string, limits: ImageLimits, options: FetchOptions): Promise<CheckedImage> {
  const bytes = await fetchBytes(url, limits, options);
  return checkImage(bytes, shown(url), limits);
}

async function fetchBytes(first: string, limits: ImageLimits, options: FetchOptions): Promise<Uint8Array> {
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let url = first;
  try {
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      const target = parse(url);
      const address = await checkedAddress(target, limits, options);
      const response = await get(target, address, limit);
      const { statusCode: status = 0 } = response;
      if (status === 200) return await bytesOf(response, url, limits.max_bytes);
      response.destroy();
      const to = response.headers.location;
      if (status < 300 || status > 399 || to === undefined)
        throw new ImageFault('unreachable', `${shown(url)} (HTTP ${status})`);
      url = new URL(to, target).href;
    }
    throw new ImageFault('unreachable', `${shown(first)} (more than ${MOST_REDIRECTS} redirects)`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ImageFault) throw error;
    const why = limit.aborted ? `no reply in ${timeoutMs} ms` : error instanceof Error ? error.message : String(error);
    throw new ImageFault('unreachable', `${shown(url)} (${why})`, { cause: error });
  }
}

function parse(url: string): URL {
  const target = URL.canParse(url) ? new URL(url) : null;
  if (target === null || (target.protocol !== 'http:' && target.protocol !== 'https:'))
    throw new ImageFault('refused', `${shown(url)} (no http or https URL)`);
  return target;
}

async function checkedAddress(
  target: URL,
  { allow_hosts }: ImageLimits,
  { resolve = resolveAll, isPublic = isPublicAddress }: FetchOptions,
): Promise<string> {
  const host = target.hostname.replace(/^\[|\]$/gu, '');
  if (!allow_hosts.includes(host))
    throw new ImageFault('refused', `${shown(target.href)} (images.allow_hosts in the worker’s file lacks ${host})`);
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  // One private address among several is enough: which is tried next is not ours to know.
  const inside = addresses.find((address) => !isPublic(address));
  if (inside !== undefined) throw new ImageFault('refused', `${shown(target.href)} (${inside} is a private address)`);
  const [address] = addresses;
  if (address === undefined) throw new ImageFault('unreachable', `${shown(target.href)} (${host} has no address)`);
  return address;
}

async function resolveAll(host: string): Promise<string[]> {
  return (await systemLookup(host, { all: true, verbatim: true })).map(({ address }) => address);
}

function get(target: URL, address: string, signal: AbortSignal): Promise<IncomingMessage> {
  const family = isIP(address);
  // Node asks for all addresses or for one, by its own settings.
  const pinned: LookupFunction = (_host, { all }, done) =>
    all === true ? done(null, [{ address, family }]) : done(null, address, family);
  const request = target.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    request(target, { lookup: pinned, agent: false, signal, headers: { accept: 'image/*' } }, resolve)
      .on('error', reject)
      .end();
  });
}

async function bytesOf(response: IncomingMessage, url: string, most: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) throw new ImageFault('too_many_bytes', shown(url));
    chunks.push(chunk);
  }
  if (!response.complete) throw new ImageFault('unreachable', `${shown(url)} (cut off)`);
  return Buffer.concat(chunks);
}

const PRIVATE_4 = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  PRIVATE_4.addSubnet(net, bits, 'ipv4');

/** Of IPv6 only global unicast is public, without what leads to an IPv4 address or is for documents. */
const GLOBAL_6 = new BlockList();
GLOBAL_6.addSubnet('2000::', 3, 'ipv6');
const PRIVATE_6 = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  PRIVATE_6.addSubnet(net, bits, 'ipv6');

export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !PRIVATE_4.check(address, 'ipv4');
  return family === 6 && GLOBAL_6.check(address, 'ipv6') && !PRIVATE_6.check(address, 'ipv6');
}

/** Signed URLs carry their key in the query. */
function shown(url: string): string {
  return redact(url.replace(/[?#].*$/u, '').slice(0, 200));
}
