/**
 * Colours for a stream that a person looks at. The library also colours what goes into a file or pipe when `CI` is set, which nobody
 * asked for; NO_COLOR and FORCE_COLOR say otherwise, as everywhere.
 */
import pc from 'picocolors';

export type Colours = ReturnType<typeof pc.createColors>;

export function coloursFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Colours {
  if ((env['NO_COLOR'] ?? '') !== '') return pc.createColors(false);
  return pc.createColors((env['FORCE_COLOR'] ?? '') !== '' || stream.isTTY === true);
}
