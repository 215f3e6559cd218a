/** What every figure of a report is: an estimate with its interval, how many items (and clusters) it comes from, and by which method. */

export const METHODS = ['wilson', 'clustered', 'bootstrap', 't', 'paired', 'paired-clustered'] as const;
export type Method = (typeof METHODS)[number];

export interface Estimate {
  readonly estimate: number;
  /** Ends of the interval of `confidence`. */
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
  /** Items; seeds where the method goes over seeds. */
  readonly n: number;
  /** Groups of items that share an image; absent where items count as independent. */
  readonly clusters?: number;
  readonly method: Method;
}

export interface Comparison extends Estimate {
  /** Two-sided, of "no difference". */
  readonly p: number;
}

/** A method is not offered where its intervals do not hold what they promise (`npm run coverage` prints by how much). */
export interface NotOffered {
  readonly notOffered: string;
}
export const isOffered = <T extends Estimate>(result: T | NotOffered): result is T => !('notOffered' in result);

export const CONFIDENCE = 0.95;
