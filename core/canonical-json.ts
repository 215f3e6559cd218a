/** Canonical JSON (RFC 8785) and the sha256 over it: the identity of everything that is derived. Pure and sandbox-safe. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalizeModule from 'canonicalize';

// The package is CommonJS with `export default` typings, so the callable sits one level deeper in the types than at run time.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/** @throws TypeError for values JSON cannot hold (undefined, functions, NaN, Infinity). */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('value has no JSON form');
  return text;
}

/** Lower-case hex sha256 of a string's UTF-8 bytes. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** Lower-case hex sha256 of the canonical JSON of `value`. */
export function derivationKey(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}
