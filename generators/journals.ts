/** A process's journals, one for each generator: shards that run at once share its index and its segment. */
import { derivationKey } from '../core/canonical-json.js';
import type { GeneratorIdentity } from '../core/generators.js';
import type { Objects } from '../store/objects.js';
import { openJournal, type Journal, type JournalOptions } from './journal.js';

export interface Journals {
  /** Opened at first, then the same. @throws StagewrightError StoreUnreachable, NoPermission */
  of(identity: GeneratorIdentity): Promise<Journal>;
  close(): Promise<void>;
}

export function createJournals(objects: Objects, options: JournalOptions): Journals {
  const open = new Map<string, Promise<Journal>>();
  return {
    of: (identity) => {
      const id = derivationKey(identity);
      const held = open.get(id);
      if (held !== undefined) return held;
      const opening = openJournal(objects, identity, options);
      open.set(id, opening);
      // The store may be back next time.
      opening.catch(() => open.delete(id));
      return opening;
    },
    close: async () => {
      const journals = [...open.values()];
      open.clear();
      for (const journal of journals) await (await journal.catch(() => null))?.close();
    },
  };
}
