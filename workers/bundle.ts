/** The prebuilt workflow bundle: made once by the build (`node dist/workers/bundle.js`), loaded by every control worker. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { packageRoot } from '../store/package-root.js';
import { tracingModule } from './telemetry/tracing-plugin.js';

/** Beside the compiled code, wherever that was put. */
export function bundlePath(): string {
  return fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
}

export async function buildBundle(): Promise<WorkflowBundleWithSourceMap> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url)),
    // Always in it, whoever exports: one bundle replays every history.
    workflowInterceptorModules: [tracingModule()],
    // Bundles travel: their source maps name files as seen from the package, not from the machine that made them.
    webpackConfigHook: (config) => ({
      ...config,
      output: {
        ...config.output,
        devtoolModuleFilenameTemplate: ({ absoluteResourcePath }: { absoluteResourcePath: string }) =>
          absoluteResourcePath.replaceAll(`${packageRoot()}${sep}`, ''),
      },
    }),
    logger: { trace() {}, debug() {}, info() {}, warn: log, error: log, log() {} },
  });
}

function log(message: string): void {
  process.stderr.write(`${message}\n`);
}

async function main(): Promise<void> {
  const { code } = await buildBundle();
  await mkdir(dirname(bundlePath()), { recursive: true });
  const aside = `${bundlePath()}.${process.pid}`;
  await writeFile(aside, code);
  await rename(aside, bundlePath());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
