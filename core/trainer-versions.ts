/** The versions of a trainer that an installation can drive: those it lists, else the one that it has. */
export function versionsOf({
  version,
  versions,
}: {
  readonly version: string;
  readonly versions?: readonly string[] | undefined;
}): readonly string[] {
  return versions ?? [version];
}
