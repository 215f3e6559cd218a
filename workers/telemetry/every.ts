/** A timer for looking at things: at once and then every so often, never twice at a time. What fails is tried again. */
export function every(ms: number, work: () => Promise<void>): () => void {
  let busy = false;
  const once = (): void => {
    if (busy) return;
    busy = true;
    void work()
      .catch(() => undefined)
      .finally(() => (busy = false));
  };
  once();
  const timer = setInterval(once, ms).unref();
  return () => clearInterval(timer);
}
