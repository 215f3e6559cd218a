/** Ctrl-C, SIGTERM and a closed terminal as one abort signal. The second one is told that the first is being obeyed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupt {
  readonly signal: AbortSignal;
  dispose(): void;
}

export function watchInterrupt(onFirst: () => void, onMore: () => void = () => undefined): Interrupt {
  const controller = new AbortController();
  const handle = (): void => {
    if (controller.signal.aborted) return onMore();
    controller.abort();
    onFirst();
  };
  for (const name of SIGNALS) process.on(name, handle);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of SIGNALS) process.off(name, handle);
    },
  };
}
