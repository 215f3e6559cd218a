/** A sample that nobody chose: the values whose ids have the lowest sha256, handed back in the order in which they came. */
import { createHash } from 'node:crypto';

interface Held<T> {
  readonly digest: string;
  readonly at: number;
  readonly value: T;
}

export class Lowest<T> {
  /** Lowest first; never longer than `many`. */
  private held: Held<T>[] = [];
  private seen = 0;

  constructor(private readonly many: number) {}

  add(id: string, value: T): void {
    const at = this.seen;
    this.seen += 1;
    if (this.many === 0) return;
    const digest = createHash('sha256').update(id).digest('hex');
    const last = this.held.at(-1);
    if (this.held.length === this.many && last !== undefined && digest >= last.digest) return;
    const place = this.held.findIndex((one) => digest < one.digest);
    this.held.splice(place === -1 ? this.held.length : place, 0, { digest, at, value });
    this.held.length = Math.min(this.held.length, this.many);
  }

  inOrder(): T[] {
    return [...this.held].sort((a, b) => a.at - b.at).map(({ value }) => value);
  }
}
