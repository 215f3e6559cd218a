/** Node, trainers, models and the workflow bundle of this installation. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256Schema } from '../../core/checkpoint.js';
import { StagewrightError } from '../../core/failures.js';
import { versionsOf } from '../../core/trainer-versions.js';
import type { Backend } from '../../runner/backends/backend.js';
import { listBackends } from '../../runner/backends/registry.js';
import { readTrainerProfiles } from '../../runner/trainer-profiles.js';
import { installedModels, modelFolder } from '../../store/models.js';
import { packageRoot } from '../../store/package-root.js';
import { bundlePath } from '../../workers/bundle.js';
import { fail, pass, warn, type Finding, type Patient } from './finding.js';

export async function checkNode(): Promise<Finding[]> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  if (!enough)
    return [fail(`Node.js ${process.versions.node}`, 'install Node.js 20.19 or newer (20, 22 and 24 are tested)')];
  return [pass(`Node.js ${process.versions.node} on ${process.platform} ${process.arch}`)];
}

export async function checkBundle(): Promise<Finding[]> {
  return existsSync(bundlePath())
    ? [pass('the workflow bundle is built')]
    : [warn('the workflow bundle is not built', 'run the build; without it a control worker makes one at each start')];
}

export async function checkTrainers({ env, settings }: Patient): Promise<Finding[]> {
  const backends = await listBackends(env);
  const words = backends.map((backend) => `${backend.name} ${versionsOf(backend).join(', ')}`).sort();
  const found = [pass(words.join('; '))];
  if (settings.trainers !== null) found.push(await checkProfiles(settings.trainers, backends));
  try {
    // Its native part may be missing although the package is there.
    await import('onnxruntime-node');
    return found;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return [
      ...found,
      fail(`the embedded trainer cannot run here: ${why}`, 'install the packages again (npm ci) on this machine'),
    ];
  }
}

async function checkProfiles(file: string, backends: readonly Backend[]): Promise<Finding> {
  try {
    await readTrainerProfiles(file, backends);
    return pass(`profiles of trainers: ${file}`);
  } catch (error) {
    if (!(error instanceof StagewrightError)) throw error;
    return fail(error.message, 'mend the file; stages of its trainers cannot start here until then');
  }
}

const graphsSchema = z.object({ graphs: z.record(z.string(), z.object({ file: z.string(), sha256: sha256Schema })) });

export async function checkModels(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, sha256] of Object.entries(await installedModels())) {
    const folder = await modelFolder({ name, sha256 });
    const wrong: string[] = [];
    const { graphs } = graphsSchema.parse(JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')));
    for (const { file, sha256: named } of Object.values(graphs)) {
      const bytes = await readFile(join(folder, file)).catch(() => null);
      if (bytes === null) wrong.push(`${file} is missing`);
      else if (createHash('sha256').update(bytes).digest('hex') !== named) wrong.push(`${file} has another sha256`);
    }
    findings.push(
      wrong.length === 0
        ? pass(`model ${name} ${sha256.slice(0, 12)}: ${Object.keys(graphs).length} graphs, each as its sha256 says`)
        : fail(`model ${name}: ${wrong.join(', ')}`, `install the package again; ${packageRoot()} was changed`),
    );
  }
  return findings;
}
