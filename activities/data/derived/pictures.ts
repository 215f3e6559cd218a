/** Pictures of one published set taken into another: linked where the file system can, else copied. The same bytes either way. */
import { constants } from 'node:fs';
import { copyFile, link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, throwFault } from '../../../store/faults.js';

/** What a link cannot do, a copy can: another file system, too many links, a file system or owner that forbids it. */
const NO_LINK = ['EXDEV', 'EMLINK', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

export interface Pictures {
  take(path: string, as?: string): Promise<void>;
}

export function takePictures(from: string, to: string): Pictures {
  const folders = new Set<string>();
  return {
    async take(path, as = path) {
      const source = join(from, path);
      const target = join(to, as);
      const folder = dirname(target);
      try {
        if (!folders.has(folder)) {
          await mkdir(folder, { recursive: true });
          folders.add(folder);
        }
        await link(source, target).catch((error: unknown) => {
          const code = errorCode(error) ?? '';
          // Several rows show one picture.
          if (code === 'EEXIST') return;
          if (!NO_LINK.includes(code)) throw error;
          return copyFile(source, target, constants.COPYFILE_FICLONE);
        });
      } catch (error) {
        throwFault(error, target);
        throw error;
      }
    },
  };
}
