/** What two plans ask for differently: stages by name, their settings by dotted names. Pure. */
import { canonicalJson } from '../canonical-json.js';
import { dotted } from '../dotted.js';
import { stageKeyMaterial, type PlannedStage } from '../plan.js';

export interface SettingDifference {
  readonly stage: string;
  readonly setting: string;
  /** Undefined: that run has no such stage or setting. */
  readonly a: unknown;
  readonly b: unknown;
}

/** Stages up to the compared ones. What is in both with the same key differs in nothing. */
export function settingDifferences(a: readonly PlannedStage[], b: readonly PlannedStage[]): SettingDifference[] {
  const names = [...new Set([...a, ...b].map((stage) => stage.name))];
  return names.flatMap((name): SettingDifference[] => {
    const [mine, other] = [a, b].map((stages) => stages.find((stage) => stage.name === name));
    if (mine?.key === other?.key) return [];
    if (mine === undefined || other === undefined)
      return [{ stage: name, setting: 'stage', a: mine && 'trained', b: other && 'trained' }];
    const [ofA, ofB] = [settingsOf(mine), settingsOf(other)];
    const settings = [...new Set([...Object.keys(ofA), ...Object.keys(ofB)])];
    return settings
      .filter((setting) => text(ofA[setting]) !== text(ofB[setting]))
      .map((setting) => ({ stage: name, setting, a: ofA[setting], b: ofB[setting] }));
  });
}

/** Keys of parents and data differ wherever what they stand for does: the data's name says more, the parent's stage stands above. */
function settingsOf(stage: PlannedStage): Readonly<Record<string, unknown>> {
  const { parent: _, key_schema: __, data, model, ...material } = stageKeyMaterial(stage);
  return {
    ...Object.fromEntries(Object.entries(dotted(material)).map(([setting, value]) => [named(setting), value])),
    model: `${stage.model.name} (${String(model).slice(0, 12)})`,
    data: `${stage.data.name} (${String(data).slice(0, 12)})`,
    from: stage.parent === null ? 'scratch' : 'weights',
  };
}

/** As `amend --set` names them. */
const named = (setting: string): string =>
  setting.replace('objective.training.', 'training.').replace('objective.kind', 'objective');

const text = (value: unknown): string => canonicalJson(value ?? null);
