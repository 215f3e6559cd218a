/**
 * Files that are written aside and get their names together at the end: a command that fails or is killed leaves no half output, and
 * what was there before stays until then.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { pid } from 'node:process';
import { StagewrightError } from '../core/failures.js';
import { errorCode, faultOf, isMissing } from './faults.js';

const BUFFER = 1024 * 1024;

export class AsideFiles {
  private readonly files: AsideFile[] = [];

  /** @throws StagewrightError where nothing can be written there, or the same file is opened twice. */
  open(path: string): AsideFile {
    return attempt(path, () => {
      makeFolder(dirname(path));
      const isFile = isFilePlace(path);
      const target = isFile ? targetOf(path) : path;
      if (this.files.some((file) => file.target === target))
        throw new StagewrightError('DataInvalid', `two outputs would be written to ${path}`, { path });
      const file = new AsideFile(path, target, isFile);
      this.files.push(file);
      return file;
    });
  }

  /** All of it is on disk before the first file has its name. */
  commit(): void {
    for (const file of this.files) attempt(file.path, () => file.finish());
    for (const file of this.files) attempt(file.path, () => file.publish());
  }

  /** What was not committed is gone. */
  discard(): void {
    for (const file of this.files) file.discard();
  }
}

/** Runs `work` and commits; where it throws, nothing was written. */
export function withAsideFiles<T>(work: (files: AsideFiles) => T): T {
  const files = new AsideFiles();
  try {
    const result = work(files);
    files.commit();
    return result;
  } catch (error) {
    files.discard();
    throw error;
  }
}

export class AsideFile {
  /** Null: it is no file (a pipe, a device), and is written to as it comes. */
  private readonly aside: string | null;
  private readonly buffer = Buffer.allocUnsafe(BUFFER);
  private used = 0;
  private fd: number | null;
  rows = 0;

  constructor(
    readonly path: string,
    readonly target: string,
    isFile: boolean,
  ) {
    this.aside = isFile ? `${target}.part-${pid}` : null;
    this.fd = openSync(this.aside ?? target, 'w');
  }

  /** One line; its end is added. */
  line(bytes: Uint8Array, start: number, end: number): void {
    this.bytes(bytes, start, end);
    this.end();
  }

  lineOf(write: (file: AsideFile) => void): void {
    write(this);
    this.end();
  }

  textLine(text: string): void {
    this.text(text);
    this.end();
  }

  bytes(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (size > BUFFER - this.used) this.flush();
    if (size > BUFFER) {
      this.write(bytes, start, end);
      return;
    }
    // A typed array's own copying costs more than these few bytes.
    if (size < 16) for (let i = 0; i < size; i += 1) this.buffer[this.used + i] = bytes[start + i] ?? 0;
    else this.buffer.set(bytes.subarray(start, end), this.used);
    this.used += size;
  }

  text(text: string): void {
    if (text.length * 3 > BUFFER - this.used) {
      const bytes = Buffer.from(text);
      this.bytes(bytes, 0, bytes.length);
    } else this.used += this.buffer.write(text, this.used);
  }

  private end(): void {
    if (this.used === BUFFER) this.flush();
    this.buffer[this.used] = 10;
    this.used += 1;
    this.rows += 1;
  }

  finish(): void {
    this.flush();
    if (this.fd === null) return;
    if (this.aside !== null) fsyncSync(this.fd);
    closeSync(this.fd);
    this.fd = null;
  }

  publish(): void {
    if (this.aside !== null) renameSync(this.aside, this.target);
  }

  discard(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
    if (this.aside !== null) rmSync(this.aside, { force: true });
  }

  private flush(): void {
    const size = this.used;
    this.used = 0;
    this.write(this.buffer, 0, size);
  }

  private write(bytes: Uint8Array, start: number, end: number): void {
    const { fd } = this;
    if (fd === null) return;
    attempt(this.path, () => {
      for (let at = start; at < end;) at += writeSync(fd, bytes, at, end - at);
    });
  }
}

/** A link is followed: the file that it names is replaced. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isMissing(error)) return path;
    throw error;
  }
}

/** False for a pipe or a device. */
function isFilePlace(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true)
    throw new StagewrightError('DataInvalid', `${path} is a folder: name a file to write`, { path });
  return found === undefined || found.isFile();
}

/** Node's own recursive mkdir never returns where a file system takes no folders, as /proc. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const fault = faultOf(error, path);
    if (fault !== error || error instanceof StagewrightError) throw fault;
    const code = errorCode(error) ?? '';
    throw new StagewrightError('DataInvalid', `cannot write ${path} (${code})`, { path }, { cause: error });
  }
}
