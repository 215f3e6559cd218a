/** Pictures for generators: what is whole is read, what is not has its reason, and nothing outside its folder or on a private address is. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_IMAGE_LIMITS } from '../../generators/configuration.js';
import { ImageFault } from '../../generators/image-fault.js';
import { folderImages, readImage } from '../../generators/images.js';
import { fetchImage, isPublicAddress, type FetchOptions } from '../../generators/remote-image.js';

const limits = { ...DEFAULT_IMAGE_LIMITS, max_bytes: 2_000_000, max_pixels: 4_000_000 };
const noise = Buffer.from(Array.from({ length: 97 * 61 * 3 }, (_, i) => (i * i * 31) % 251));
const picture = sharp(noise, { raw: { width: 97, height: 61, channels: 3 } });
const FORMATS = ['png', 'jpeg', 'webp', 'gif'] as const;

let folder = '';
const files = new Map<string, Buffer>();
beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'stagewright-test-')), 'images');
  mkdirSync(folder);
  for (const format of FORMATS) {
    const bytes = await picture.clone().toFormat(format).toBuffer();
    files.set(format, bytes);
    writeFileSync(join(folder, `whole.${format}`), bytes);
  }
});
afterAll(() => {
  rmSync(join(folder, '..'), { recursive: true, force: true });
});
const put = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return name;
};
const faultOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => null,
    (e: unknown) => e,
  );
  if (error instanceof ImageFault) return error.reason;
  throw new Error(`no ImageFault but ${String(error)}`);
};
const reasonOf = (path: string): Promise<string> => faultOf(readImage(folder, path, limits));

/** A PNG that says it is of another size: its pixels compress to nothing. */
function bomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(Math.min(height * (width + 1), 30_000_000)));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
function crc(bytes: Buffer): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return (c ^ 0xffffffff) >>> 0;
}

describe('A picture of a folder', () => {
  it.each(FORMATS)('is read as it is, by its sha256 too: %s', async (format) => {
    const bytes = files.get(format) ?? Buffer.alloc(0);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const image = await readImage(folder, `whole.${format}`, limits);
    expect(image).toMatchObject({ media_type: `image/${format}`, width: 97, height: 61, sha256 });
    expect(Buffer.from(image.bytes).equals(bytes)).toBe(true);
    const source = folderImages(folder, (hash) => (hash === sha256 ? `whole.${format}` : undefined), limits);
    expect(Buffer.from((await source.read(sha256)).bytes).equals(bytes)).toBe(true);
    expect(Buffer.from((await source.read(sha256)).bytes).equals(bytes)).toBe(true);
    expect(await faultOf(source.read('b'.repeat(64)))).toBe('missing');
  });

  it('whose bytes were changed is not the one that was named', async () => {
    const path = put('changed.png', files.get('png') ?? '');
    expect(await faultOf(folderImages(folder, () => path, limits).read('c'.repeat(64)))).toBe('other_bytes');
  });

  it.each([
    ['missing', 'none.png'],
    ['missing', 'none/none.png'],
    ['outside', '../secret.png'],
    ['outside', 'link.png'],
    ['outside', 'linked-folder/secret.png'],
    ['outside', '.'],
    ['not_a_file', 'folder.png'],
    ['not_a_file', 'pipe.png'],
    ['empty', 'empty.png'],
    ['not_an_image', 'text.jpg'],
    ['not_an_image', 'drawing.svg'],
    ['not_an_image', 'page.png'],
    ['too_many_bytes', 'long.png'],
    ['too_many_pixels', 'bomb.png'],
    ['damaged', 'liar.png'],
    ['damaged', 'head-only.png'],
    ['damaged', 'rot.png'],
  ])('is refused as "%s": %s', async (reason, path) => {
    const png = files.get('png') ?? Buffer.alloc(0);
    const outside = join(folder, '..', 'secret.png');
    writeFileSync(outside, png);
    const once = (work: () => void): void => {
      try {
        work();
      } catch {
        // It is there already.
      }
    };
    once(() => symlinkSync(outside, join(folder, 'link.png')));
    once(() => symlinkSync(join(folder, '..'), join(folder, 'linked-folder')));
    once(() => mkdirSync(join(folder, 'folder.png')));
    spawnSync('mkfifo', [join(folder, 'pipe.png')]);
    put('empty.png', '');
    put('text.jpg', 'The answer is A.\n');
    put('drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    put('page.png', '<html>');
    put('long.png', Buffer.concat([png, Buffer.alloc(limits.max_bytes)]));
    put('bomb.png', bomb(60_000, 60_000));
    put('liar.png', bomb(1_500, 1_500).subarray(0, 60));
    put('head-only.png', png.subarray(0, 33));
    const rot = Buffer.from(png);
    rot.fill(0, 60, 200);
    put('rot.png', rot);
    expect(await reasonOf(path)).toBe(reason);
  });

  it.each(['png', 'jpeg', 'webp'] as const)('that was cut off anywhere is damaged: %s', async (format) => {
    const bytes = files.get(format) ?? Buffer.alloc(0);
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9, 0.98]) {
      const path = put(`cut.${format}`, bytes.subarray(0, Math.floor(bytes.length * share)));
      expect([share, await reasonOf(path)]).toEqual([share, 'damaged']);
    }
  });

  it('is nobody’s fault where the whole folder is away', async () => {
    await expect(readImage(`${folder}-unmounted`, 'whole.png', limits)).rejects.toMatchObject({
      type: 'StoreUnreachable',
    });
  });

  it('may be a link within the folder, and in a folder that is a link', async () => {
    symlinkSync('whole.png', join(folder, 'inner-link.png'));
    symlinkSync(folder, `${folder}-link`);
    expect(await readImage(`${folder}-link`, 'inner-link.png', limits)).toMatchObject({ width: 97 });
  });
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});
async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

describe('A picture of the web', () => {
  const allowing = { ...limits, allow_hosts: ['images.example', '127.0.0.1', 'localhost', 'other.example'] };
  /** In a world where images.example is this machine, and this machine is public. */
  const here: FetchOptions = {
    signal: new AbortController().signal,
    timeoutMs: 5_000,
    resolve: () => Promise.resolve(['127.0.0.1']),
    isPublic: () => true,
  };
  const png = (): Buffer => readFileSync(join(folder, 'whole.png'));

  it('is fetched from a host that the worker allows, through redirects, by the address that was checked', async () => {
    const hosts: (string | undefined)[] = [];
    const port = await serve((request, response) => {
      hosts.push(request.headers.host);
      if (request.url === '/a') response.writeHead(302, { location: '/b' }).end();
      else response.writeHead(200, { 'content-type': 'text/plain' }).end(png());
    });
    const image = await fetchImage(`http://images.example:${port}/a`, allowing, here);
    expect(image).toMatchObject({ media_type: 'image/png', width: 97 });
    expect(hosts).toEqual([`images.example:${port}`, `images.example:${port}`]);
  });

  it('is refused, without a connection, from other hosts, schemes and private addresses', async () => {
    let asked = 0;
    const port = await serve((_, response) => {
      asked += 1;
      response.end(png());
    });
    const real = { signal: here.signal };
    for (const [url, options] of [
      [`http://evil.example:${port}/`, here],
      [`http://images.example.evil.example:${port}/`, here],
      [`ftp://images.example/`, here],
      [`file:///etc/passwd`, here],
      [`data:image/png;base64,AAAA`, here],
      ['no url', here],
      [`http://127.0.0.1:${port}/`, real],
      [`http://localhost:${port}/`, real],
      [`http://2130706433:${port}/`, real],
      [`http://images.example:${port}/`, { ...real, resolve: () => Promise.resolve(['93.184.216.34', '10.0.0.1']) }],
    ] as [string, FetchOptions][])
      expect([url, await faultOf(fetchImage(url, allowing, options))]).toEqual([url, 'refused']);
    expect(asked).toBe(0);
  });

  it('is refused when a redirect leads to another host or a private address', async () => {
    const asked: (string | undefined)[] = [];
    const port = await serve((request, response) => {
      asked.push(request.url);
      const to: Record<string, string> = {
        '/evil': 'http://evil.example/x.png',
        '/metadata': 'http://169.254.169.254/latest/meta-data',
        '/other': `http://other.example:${port}/x.png`,
        '/file': 'file:///etc/passwd',
      };
      response.writeHead(307, { location: to[request.url ?? ''] ?? '/again' }).end();
    });
    const options: FetchOptions = {
      ...here,
      resolve: (host) => Promise.resolve([host === 'other.example' ? '10.1.2.3' : '127.0.0.1']),
      isPublic: (address) => address === '127.0.0.1',
    };
    for (const path of ['/evil', '/metadata', '/other', '/file'])
      expect([path, await faultOf(fetchImage(`http://images.example:${port}${path}`, allowing, options))]).toEqual([
        path,
        'refused',
      ]);
    expect(asked).toEqual(['/evil', '/metadata', '/other', '/file']);
    expect(await faultOf(fetchImage(`http://images.example:${port}/loop`, allowing, options))).toBe('unreachable');
  });

  it('is unknown for a reason where the host is at fault', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/404') response.writeHead(404).end();
      else if (request.url === '/text') response.end('The answer is A.');
      else if (request.url === '/cut')
        response.writeHead(200, { 'content-length': '9999' }).write(png(), () => response.destroy());
      else if (request.url === '/endless') {
        const more = (): void => {
          if (!response.destroyed) response.write(Buffer.alloc(65_536), more);
        };
        more();
      }
    });
    const at = (path: string, more: Partial<FetchOptions> = {}): Promise<string> =>
      faultOf(fetchImage(`http://images.example:${port}${path}`, allowing, { ...here, ...more }));
    expect(await at('/404')).toBe('unreachable');
    expect(await at('/text')).toBe('not_an_image');
    expect(await at('/cut')).toBe('unreachable');
    expect(await at('/endless')).toBe('too_many_bytes');
    expect(await at('/hang', { timeoutMs: 100 })).toBe('unreachable');
    const stop = AbortSignal.abort(new Error('cancelled'));
    await expect(fetchImage(`http://images.example:${port}/hang`, allowing, { ...here, signal: stop })).rejects.toThrow(
      'cancelled',
    );
  });

  it('does not show the query of a signed URL', async () => {
    const work = fetchImage('http://evil.example/x.png?signature=abcdef123456', allowing, here);
    await expect(work).rejects.toThrow('http://evil.example/x.png');
    await expect(work).rejects.not.toThrow('abcdef');
  });

  it.each([
    [true, '93.184.216.34'],
    [true, '2606:2800:220:1::1'],
    [false, '10.0.0.1'],
    [false, '127.8.8.8'],
    [false, '169.254.169.254'],
    [false, '172.31.0.1'],
    [false, '192.168.1.1'],
    [false, '100.64.0.1'],
    [false, '0.0.0.0'],
    [false, '255.255.255.255'],
    [false, '::1'],
    [false, '::'],
    [false, '::ffff:127.0.0.1'],
    [false, '::ffff:93.184.216.34'],
    [false, 'fe80::1'],
    [false, 'fd00::1'],
    [false, '64:ff9b::7f00:1'],
    [false, '2002:7f00:1::'],
    [false, 'no address'],
  ])('public: %s for %s', (expected, address) => {
    expect(isPublicAddress(address)).toBe(expected);
  });
});
