/** How a text is read, and that it cannot be. */

/** Raised inside the verifier only: the tokens are no expression. One object, for it is common. */
class Unreadable extends Error {}
export const UNREADABLE = new Unreadable('not an expression');

export interface Reading {
  /** Variables of the gold: a run of these letters is a product, and none of them is a unit. */
  readonly known?: ReadonlySet<string>;
  /** The gold has no variables: a letter behind a number is a unit. */
  readonly units?: boolean;
}
