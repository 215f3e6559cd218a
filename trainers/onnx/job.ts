/** Reads a job file. Everything that it points at is checked by whoever opens it. */
import { readFile } from 'node:fs/promises';
import { StagewrightError } from '../../core/failures.js';
import { onnxJobSchema, type OnnxJob } from '../../core/onnx-job.js';

/** @throws StagewrightError RecipeInvalid naming the file and each wrong key. */
export async function readJob(file: string): Promise<OnnxJob> {
  const invalid = (why: string, cause?: unknown): StagewrightError =>
    new StagewrightError('RecipeInvalid', `job ${file}: ${why}`, { file }, { cause });
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error), error);
  }
  const parsed = onnxJobSchema.safeParse(json);
  if (!parsed.success)
    throw invalid(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'job'}: ${issue.message}`).join('; '));
  const { objective } = parsed.data;
  if (objective.kind === 'rlvr') {
    const { batch_size, rollouts, updates_per_batch } = objective.training;
    if (updates_per_batch > batch_size * rollouts)
      throw invalid(
        `objective.training.updates_per_batch: ${updates_per_batch} mini-batches cannot be made of ${batch_size} x ${rollouts} samples`,
      );
  }
  return parsed.data;
}
