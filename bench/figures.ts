// Arithmetic of the figures: ratios of pairs, their middle and spread. Pure.

/** The least, the middle and the greatest of some values. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Of an even number of values the middle is the mean of both middle ones. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? NaN);
  return { min: sorted[0] ?? NaN, median: (lower + upper) / 2, max: sorted.at(-1) ?? NaN };
}

/** The mean of ratios. */
export function geometricMean(values: readonly number[]): number {
  const logarithms = values.reduce((sum, value) => sum + Math.log(value), 0);
  return Math.exp(logarithms / values.length);
}

/** Values taken in pairs, one after another: stock and ours under the same weather of the machine. */
export interface Pairs {
  readonly stock: readonly number[];
  readonly ours: readonly number[];
}

/** Ours to stock, pair by pair. */
export function ratios({ stock, ours }: Pairs): Spread {
  return spread(ours.map((value, index) => value / (stock[index] ?? NaN)));
}
