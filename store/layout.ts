/** Where everything lies in a store: the only place where its keys are spelled. Pure. */

/** Of an evaluation, in its folder: written last. */
export const EVALUATION_SUMMARY = 'summary.json';

export const layout = {
  stages: 'stages',
  stage: (key: string): string => `stages/${key}`,
  keyMaterial: (key: string): string => `stages/${key}/key.json`,
  epochs: (key: string): string => `stages/${key}/epochs`,
  epoch: (key: string, epoch: number): string => `stages/${key}/epochs/${epoch}`,
  claim: (key: string, epoch: number): string => `stages/${key}/epochs/${epoch}/claim.json`,
  renewal: (key: string, epoch: number): string => `stages/${key}/epochs/${epoch}/renewal.json`,
  end: (key: string, epoch: number): string => `stages/${key}/epochs/${epoch}/ended.json`,
  job: (key: string, epoch: number): string => `stages/${key}/epochs/${epoch}/job.json`,
  manifests: (key: string, epoch: number): string => `stages/${key}/epochs/${epoch}/manifests`,
  manifest: (key: string, epoch: number, step: number): string =>
    `stages/${key}/epochs/${epoch}/manifests/${step}.json`,
  sidecar: (key: string, epoch: number, step: number): string => `stages/${key}/epochs/${epoch}/sidecars/${step}.json`,
  checkpoints: (key: string, epoch: number): string => `stages/${key}/epochs/${epoch}/checkpoints`,
  checkpoint: (key: string, epoch: number, step: number): string =>
    `stages/${key}/epochs/${epoch}/checkpoints/step-${step}`,
  metrics: (key: string, epoch: number): string => `stages/${key}/epochs/${epoch}/metrics.jsonl`,
  trainerLog: (key: string, epoch: number): string => `stages/${key}/epochs/${epoch}/trainer.log`,
  export: (key: string, epoch: number): string => `stages/${key}/epochs/${epoch}/export`,
  result: (key: string, epoch: number): string => `stages/${key}/epochs/${epoch}/result.json`,
  /** Checkpoints that nothing may delete (pins.ts), and deletions that are under way (removal.ts). */
  pins: (key: string): string => `stages/${key}/pins`,
  removals: (key: string): string => `stages/${key}/removals`,
  data: (key: string): string => `data/${key}`,
  dataSets: 'data',
  /** Journaled answers of generators, by sha256 of the generator's identity. */
  answers: 'answers',
  answersOf: (identity: string): string => `answers/${identity}`,
  answersIdentity: (identity: string): string => `answers/${identity}/identity.json`,
  answersSegments: (identity: string): string => `answers/${identity}/segments`,
  /** Shards of derived sets that were made, or are being made: what is committed stays, whoever goes on. */
  dataWork: 'data-work',
  dataWorkOf: (key: string): string => `data-work/${key}`,
  dataWorkIndex: (key: string): string => `data-work/${key}/index.json`,
  dataWorkPhase: (key: string, phase: string): string => `data-work/${key}/${phase}`,
  dataWorkShard: (key: string, phase: string, shard: number): string =>
    `data-work/${key}/${phase}/shard-${String(shard).padStart(6, '0')}.jsonl`,
  evaluations: 'evaluations',
  evaluation: (key: string): string => `evaluations/${key}`,
} as const;

/** Whether a path of a manifest stays inside its root, whatever it is joined to. */
export function staysInside(path: string): boolean {
  return !path.startsWith('/') && !path.includes('\0') && !path.split('/').includes('..');
}
