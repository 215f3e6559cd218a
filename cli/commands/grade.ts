/** `stagewright grade`: JSON lines of gold and response on standard input, their verdicts on standard output, in any order. */
import { availableParallelism } from 'node:os';
import { isVerifierName } from '../../core/verify/verifiers.js';
import { POOL_DEFAULTS } from '../../workers/grading/pool.js';
import { gradeStream } from '../../workers/grading/stream.js';
import { readSettings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { CommandError, EXIT } from '../exit.js';
import { endWithReader } from '../standard-output.js';
import { verifySettingsOf } from '../verify-options.js';
import { CHUNK, standardInput } from '../standard-input.js';

export const grade: Action = async (_args, options) => {
  const verifier = String(options.verifier ?? 'math');
  const goldCheck = options.goldCheck === true;
  const { verifiers: module } = readSettings(process.env);
  const own = !isVerifierName(verifier);
  const settings = verifySettingsOf(options);
  if (settings !== undefined && (own || verifier === 'format' || verifier === 'digits'))
    throw new CommandError(`verifier ${verifier} has no settings: leave out those options, or use math`, EXIT.usage);
  endWithReader('grade');
  const counts = await gradeStream(
    standardInput(),
    process.stdout,
    (line, message) => process.stderr.write(`line ${line}: ${message}\n`),
    {
      verifier,
      module,
      goldCheck,
      ...(settings === undefined ? {} : { settings }),
      threads: Math.min(8, availableParallelism()),
      ...POOL_DEFAULTS,
      batchBytes: CHUNK,
      batchLines: own ? 16 : 2_048,
    },
  );
  if (counts.faults + counts.refused === 0) return EXIT.done;
  const parts = [
    ...(counts.faults > 0 ? [`${counts.faults} of ${counts.lines} lines are not items`] : []),
    ...(counts.refused > 0 ? [`${counts.refused} golds are refused by verifier ${verifier}`] : []),
  ];
  process.stderr.write(`stagewright grade: ${parts.join('; ')}\n`);
  return EXIT.failed;
};
