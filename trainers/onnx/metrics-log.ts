/** The metrics file: JSON Lines, appended, one write a step. A line of a write that was cut short is dropped on opening. */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { MetricsLine } from '../../core/metrics.js';
import { diskError } from './durable-folder.js';

export class MetricsLog {
  private constructor(
    private readonly file: string,
    private readonly fd: number,
  ) {}

  /** @throws StagewrightError DiskFull, NoPermission. */
  static open(file: string): MetricsLog {
    try {
      mkdirSync(dirname(file), { recursive: true });
      const fd = openSync(file, 'a');
      // Only regular files have a tail to mend: /dev/full and pipes do not.
      if (fstatSync(fd).isFile()) ftruncateSync(fd, readFileSync(file).lastIndexOf(0x0a) + 1);
      return new MetricsLog(file, fd);
    } catch (error) {
      throw diskError(error, file);
    }
  }

  append(line: MetricsLine): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      // A short write means that the disk is filling up: the rest then fails with ENOSPC.
      for (let at = 0; at < bytes.length;) at += writeSync(this.fd, bytes, at);
    } catch (error) {
      throw diskError(error, this.file);
    }
  }

  sync(): void {
    try {
      if (fstatSync(this.fd).isFile()) fdatasyncSync(this.fd);
    } catch (error) {
      throw diskError(error, this.file);
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}
