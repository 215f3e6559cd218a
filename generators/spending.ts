/** Counts requests, tokens and what they cost, and refuses what would go beyond the budget: also what is in flight is counted. */
import { StagewrightError } from '../core/failures.js';
import type { Price } from './configuration.js';
import type { Spent } from './generator.js';

export interface Tokens {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

export interface Spending {
  /** Sets aside the most that a request can cost. @throws StagewrightError BudgetSpent */
  reserve(most: Tokens): { settle(used: Tokens | null): void };
  spent(): Spent;
}

export function createSpending(name: string, price: Price | undefined, budget: number | undefined): Spending {
  let requests = 0;
  let prompt = 0;
  let completion = 0;
  let cost = 0;
  let reserved = 0;
  const costOf = (tokens: Tokens): number =>
    price === undefined
      ? 0
      : (tokens.prompt_tokens * price.prompt_million + tokens.completion_tokens * price.completion_million) / 1e6;
  return {
    reserve: (most) => {
      const aside = costOf(most);
      if (budget !== undefined && cost + reserved + aside > budget)
        throw new StagewrightError(
          'BudgetSpent',
          `generator "${name}": ${cost.toFixed(4)} of the budget of ${budget} ${price?.currency ?? ''} is spent, and the next request may cost ${aside.toFixed(4)} beside ${reserved.toFixed(4)} in flight; raise limits.budget in the worker’s file of generators, restart the worker, and retry`,
          { generator: name, spent: cost, budget },
        );
      requests += 1;
      reserved += aside;
      return {
        settle: (used) => {
          reserved -= aside;
          if (used === null) return;
          prompt += used.prompt_tokens;
          completion += used.completion_tokens;
          cost += costOf(used);
        },
      };
    },
    spent: () => ({
      requests,
      prompt_tokens: prompt,
      completion_tokens: completion,
      cost: price === undefined ? null : cost,
    }),
  };
}
