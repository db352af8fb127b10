/** Ratios of what was measured in turns: pair by pair, so that what else the machine did in a turn falls on both sides. */
import { quantile } from './quantile.ts';

/** One ratio a pair in which both were measured. */
export function pairedRatios<Measured>(
  above: readonly Measured[],
  below: readonly Measured[],
  read: (measured: Measured) => number | undefined,
): number[] {
  const pairs = Math.min(above.length, below.length);
  return Array.from({ length: pairs }, (_, pair) => {
    const [over, under] = [read(above[pair]!), read(below[pair]!)];
    return over === undefined || under === undefined || under === 0 ? undefined : over / under;
  }).filter((ratio) => ratio !== undefined);
}

/** Median and quartiles. */
export function ratioText(ratios: readonly number[]): string {
  if (ratios.length === 0) return '–';
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(2));
  return `${middle} (${low}–${high})`;
}
