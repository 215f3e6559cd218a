/**
 * Our metrics, on whatever exporter the SDK's runtime has: names, units, help, and what may be a label. One table, from which the
 * instruments are made and docs/operations.md is checked.
 *
 * Labels are few and bounded: `host`, `class` and `hold` (the device or CPU slot, which no two stages share at once) by the hosts'
 * settings; `capability` and `trainer` by what people name in recipes; `end`, `outcome` and `state` by closed lists. Keys, names of
 * stages and recipes, epochs and workflow ids are none: they would add a series for each run for ever. Those are in logs and traces.
 */
export interface MetricSpec {
  /** `counter` gets `_total` from the exporter; a gauge or histogram has its unit in its name. */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

const RUN = ['host', 'hold', 'capability', 'trainer'] as const;
const HOST = ['host'] as const;
const REQUEST = ['host', 'class'] as const;

export const METRICS = {
  stagewright_training_steps: { kind: 'counter', help: 'Training steps that this worker saw done.', labels: RUN },
  stagewright_training_step: { kind: 'gauge', help: 'Last trained step of the stage.', labels: RUN },
  stagewright_training_planned_steps: { kind: 'gauge', help: 'Steps that the stage is planned for.', labels: RUN },
  stagewright_training_running: { kind: 'gauge', help: '1 while a stage is attended, else 0.', labels: RUN },
  stagewright_training_steps_per_second: {
    kind: 'gauge',
    help: 'Rate over the last steps; 0 when none runs.',
    labels: RUN,
  },
  stagewright_training_idle_seconds: {
    kind: 'gauge',
    help: 'Since the step last changed; 0 when none runs.',
    labels: RUN,
  },
  stagewright_training_reward: {
    kind: 'gauge',
    help: 'Mean reward of the last step (RLVR); NaN where there is none.',
    labels: RUN,
  },
  stagewright_training_kl: {
    kind: 'gauge',
    help: 'KL to the stage’s starting weights, last step (RLVR).',
    labels: RUN,
  },
  stagewright_training_entropy: { kind: 'gauge', help: 'Mean nats per response token, last step.', labels: RUN },
  stagewright_training_loss: { kind: 'gauge', help: 'Loss of the last step; NaN where negative.', labels: RUN },
  stagewright_checkpoints: { kind: 'counter', help: 'Checkpoints committed to the store.', labels: RUN },
  stagewright_checkpoint_bytes: { kind: 'counter', help: 'Bytes of the files of committed checkpoints.', labels: RUN },
  stagewright_checkpoint_commit_seconds: {
    kind: 'histogram',
    help: 'From finding a checkpoint to its manifest: hashing and syncing.',
    labels: RUN,
    buckets: [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1200],
  },
  stagewright_checkpoint_age_seconds: {
    kind: 'gauge',
    help: 'Since the newest checkpoint of the stage (or its launch); 0 when none runs.',
    labels: RUN,
  },
  stagewright_attempts: {
    kind: 'counter',
    help: 'Attempts of training that ended, by how: done, interrupted, cancelled or a failure type.',
    labels: [...RUN, 'end'],
  },
  stagewright_device_requests: {
    kind: 'counter',
    help: 'Requests for devices, by outcome: granted, finished, cancelled or a failure type. A refused one is asked again.',
    labels: [...REQUEST, 'outcome'],
  },
  stagewright_queue_wait_seconds: {
    kind: 'histogram',
    help: 'From asking for devices to the grant, all refusals included.',
    labels: REQUEST,
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400],
  },
  stagewright_devices: { kind: 'gauge', help: 'Devices of this host.', labels: HOST },
  stagewright_devices_in_use: { kind: 'gauge', help: 'Devices of this host that are leased.', labels: HOST },
  stagewright_cpu_slots: { kind: 'gauge', help: 'Slots of this host for stages without a GPU.', labels: HOST },
  stagewright_cpu_slots_in_use: { kind: 'gauge', help: 'Those that are leased.', labels: HOST },
  stagewright_store_seen_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the store last answered this worker.',
    labels: ['host'],
  },
  stagewright_disk_free_bytes: {
    kind: 'gauge',
    help: 'Free bytes for us where the store (or the host folder) lies.',
    labels: ['host', 'place'],
  },
  stagewright_disk_size_bytes: { kind: 'gauge', help: 'Size of that file system.', labels: ['host', 'place'] },
  stagewright_open_runs: {
    kind: 'gauge',
    help: 'Stages and curricula that are open on the server, by state; only where the search attributes are registered.',
    labels: ['what', 'state'],
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof METRICS;

/** For the SDK's exporter, which knows no buckets of ours. */
export const HISTOGRAM_BUCKETS: Record<string, number[]> = Object.fromEntries(
  Object.entries<MetricSpec>(METRICS).flatMap(([name, { buckets }]) =>
    buckets === undefined ? [] : [[name, [...buckets]]],
  ),
);
