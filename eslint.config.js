/** Lint: the type-checked rules that catch real faults, and the directions of imports as the design draws them. */
import tseslint from 'typescript-eslint';

const SOURCES = [
  'core',
  'store',
  'runner',
  'trainers',
  'generators',
  'serving',
  'workflows',
  'activities',
  'workers',
  'client',
  'cli',
  'campaign',
];

/** What each folder may import from, itself apart. `workflows` sees activities as types only. */
const MAY_IMPORT = {
  core: [],
  store: ['core'],
  trainers: ['core', 'store'],
  runner: ['core', 'store'],
  generators: ['core', 'store', 'trainers'],
  serving: ['core', 'store', 'trainers'],
  workflows: ['core'],
  activities: ['core', 'store', 'runner', 'trainers', 'generators', 'workflows'],
  workers: ['core', 'store', 'runner', 'trainers', 'generators', 'workflows', 'activities'],
  client: ['core', 'store', 'runner', 'workflows', 'workers'],
  cli: ['core', 'store', 'runner', 'generators', 'serving', 'workflows', 'workers', 'client'],
  campaign: ['core', 'store', 'trainers', 'client', 'cli', 'workers', 'workflows'],
};

/** Not in the workflow sandbox: some of these bundle silently and fail later. */
const NODE_ONLY = [
  {
    regex: '^node:|^(fs|path|os|crypto|child_process|worker_threads|http|https|net|stream|util)$',
    message: 'core and workflows are pure: no Node modules.',
  },
  { regex: '^(pino|pino-pretty|onnxruntime-node|execa|fast-png|proper-lockfile)$', message: 'Not sandbox-safe.' },
  {
    regex: '^@temporalio/(worker|client|activity)$',
    message: 'Workflows use @temporalio/workflow and @temporalio/common.',
  },
];

const boundaries = Object.entries(MAY_IMPORT).map(([folder, allowed]) => {
  const forbidden = SOURCES.filter((other) => other !== folder && !allowed.includes(other));
  // Types of activities are what workflows call them by; `allowTypeImports` erases them from the bundle.
  const patterns = forbidden.map((other) => ({
    regex: `^(\\.\\./)+${other}/`,
    message: `${folder} must not import from ${other}.`,
    ...(folder === 'workflows' && other === 'activities'
      ? { allowTypeImports: true, message: 'Workflows import activities by `import type` only.' }
      : {}),
  }));
  if (folder === 'core' || folder === 'workflows') patterns.push(...NODE_ONLY);
  if (
    folder === 'core' ||
    folder === 'store' ||
    folder === 'runner' ||
    folder === 'trainers' ||
    folder === 'generators' ||
    folder === 'serving'
  )
    patterns.push({ regex: '^@temporalio/', message: `${folder} knows nothing of Temporal.` });
  return {
    files: [`${folder}/**/*.ts`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
});

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      '.stagewright/',
      'scratch/',
      // Checked against the packed package: tests/pack.
      'tests/own-worker-project/',
      '**/*.d.ts',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A factory of async activities may have one that awaits nothing.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: 'TSEnumDeclaration', message: 'Unions, not enums.' },
      ],
    },
  },
  ...boundaries,
  {
    // Settings are read from the environment in one place; processes that are started by hand or by another pass it on.
    files: ['core/**/*.ts', 'store/**/*.ts', 'workflows/**/*.ts'],
    ignores: ['store/fail-point.ts', 'store/dist-file.ts'],
    rules: {
      'no-restricted-globals': ['error', { name: 'process', message: 'Takes arguments; reads no environment.' }],
    },
  },
  { files: ['*.config.ts', 'tests/support/temporal-server.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
