/**
 * Where on an axis of steps each stage stands: one slot after another; an amended stage goes on in the slot of the one that it
 * continues, since its steps go on counting. Pure; charts are drawn from it.
 */
import type { StageResults } from './results.js';

export interface Slot {
  readonly name: string;
  /** Steps before it. */
  readonly offset: number;
  readonly length: number;
  /** Earlier ones were continued by the next. */
  readonly stages: readonly StageResults[];
  /** Place among all stages: its colour, the same in every chart. */
  readonly index: number;
}

export function slotsOf(stages: readonly StageResults[]): Slot[] {
  const groups: StageResults[][] = [];
  for (const stage of stages) {
    const { origin } = stage;
    const group = origin.kind === 'continues' ? groups.find((g) => g.at(-1)?.stage.key === origin.key) : undefined;
    if (group === undefined) groups.push([stage]);
    else group.push(stage);
  }
  let offset = 0;
  return groups.map((group, index) => {
    const length = Math.max(1, ...group.map(stepsOf));
    const slot = { name: nameOf(group, groups), offset, length, stages: group, index };
    offset += length;
    return slot;
  });
}

/** The same slots one after another from 0, for a chart of some of them only. */
export function closeUp(slots: readonly Slot[]): Slot[] {
  let offset = 0;
  return slots.map((slot) => {
    const closed = { ...slot, offset };
    offset += slot.length;
    return closed;
  });
}

export function trainedTo({ attempts }: Pick<StageResults, 'attempts'>): number {
  return attempts.reduce((most, { lines }) => lines.reduce((m, line) => Math.max(m, line.step), most), 0);
}

/** A stage that was left early takes no more room than it trained. */
function stepsOf(stage: StageResults): number {
  const trained = trainedTo(stage);
  return stage.left === null ? Math.max(trained, stage.stage.objective.training.steps) : trained;
}

/** Two slots of one name: the second one began anew with other settings. */
function nameOf(group: readonly StageResults[], groups: readonly (readonly StageResults[])[]): string {
  const name = group[0]?.stage.name ?? '';
  const same = groups.filter((other) => other[0]?.stage.name === name);
  const at = same.indexOf(group);
  return at > 0 ? `${name} (${at + 1})` : name;
}
