/** A queue from work that goes on by itself to whoever reads: what was pushed comes out, then the end or the error. */

export interface Arrivals<T> {
  push(item: T): void;
  end(this: void): void;
  fail(this: void, error: unknown): void;
  items(): AsyncGenerator<T, void>;
}

/** Knows no back pressure: for as many items as a batch has. */
export function arrivals<T>(): Arrivals<T> {
  const held: T[] = [];
  let over: { readonly error?: unknown } | null = null;
  let wake: () => void = () => undefined;
  const change = (work: () => void): void => {
    work();
    wake();
  };
  return {
    push: (item) => change(() => held.push(item)),
    end: () => change(() => (over = {})),
    fail: (error) => change(() => (over = { error })),
    items: async function* () {
      for (;;) {
        yield* held.splice(0);
        if (held.length > 0) continue;
        if (over !== null) {
          if ('error' in over) throw over.error;
          return;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
