/** Reads a Prometheus endpoint: enough of the text format for counters, gauges and histograms. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export async function scrape(address: string): Promise<Sample[]> {
  const response = await fetch(`http://${address}/metrics`);
  return samples(await response.text());
}

export function samples(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const groups: Record<string, string | undefined> =
      /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/u.exec(line)?.groups ?? {};
    const { name, labels = '', value } = groups;
    if (name === undefined || value === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gu)].map(
      ([, key = '', word = '']) => [key, word] as const,
    );
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

/** Of all series that have these labels; NaN where there is none. */
export function sum(from: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  const found = from.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.length === 0 ? NaN : found.reduce((total, { value }) => total + value, 0);
}
