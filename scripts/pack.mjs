/** Before `npm pack` and `npm publish` (script `prepack`, after the set-up): `dist/` holds what the sources make, and nothing older. */
import { pruneDist } from './prune-dist.mjs';

for (const name of pruneDist()) process.stderr.write(`stagewright: left out of the package: ${name}\n`);
