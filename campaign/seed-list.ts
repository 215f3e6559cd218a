/** Seeds as an option gives them: numbers and ranges. */
export function parseSeeds(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [from, to] = part.split('-').map(Number);
    if (from === undefined || !Number.isInteger(from) || (to !== undefined && !Number.isInteger(to)))
      throw new Error(`--seeds takes numbers and ranges, as 1-10 or 1,3: not "${text}"`);
    return Array.from({ length: (to ?? from) - from + 1 }, (_, i) => from + i);
  });
}
