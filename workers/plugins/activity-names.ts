/** Activities of a Worker by name, and who brought one: what lets an error name the other plugin. */

const bringers = new WeakMap<object, string>();

export function byName(activities: object | undefined): Map<string, unknown> {
  return new Map<string, unknown>(Object.entries(activities ?? {}));
}

export function markBringer(activities: object, plugin: string): void {
  for (const activity of byName(activities).values())
    if (typeof activity === 'function') bringers.set(activity, plugin);
}

/** Undefined for activities of nobody that we know. */
export function bringer(activity: unknown): string | undefined {
  return typeof activity === 'function' ? bringers.get(activity) : undefined;
}
