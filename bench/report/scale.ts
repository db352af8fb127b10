/** Axes of the charts: where a value is, and which values get a label. */
export interface Scale {
  /** From 0 to 1. */
  readonly place: (value: number) => number;
  readonly ticks: readonly (readonly [value: number, label: string])[];
}

/** From 0 to a round number at or above the highest, in up to six steps. */
export function linearScale(highest: number): Scale {
  const rough = (highest > 0 ? highest : 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= rough * 0.999)!;
  const count = Math.ceil(highest / step - 1e-9);
  const top = step * Math.max(1, count);
  return {
    place: (value) => value / top,
    ticks: Array.from({ length: Math.max(1, count) + 1 }, (_, index) => [index * step, labelOf(index * step)]),
  };
}

/** By powers of ten, around all the values; none of them may be 0. */
export function logScale(values: readonly number[]): Scale {
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, 0],
  );
  const from = Math.floor(Math.log10(low));
  const to = Math.max(from + 1, Math.ceil(Math.log10(high)));
  return {
    place: (value) => (Math.log10(value) - from) / (to - from),
    ticks: Array.from({ length: to - from + 1 }, (_, index) => [10 ** (from + index), labelOf(10 ** (from + index))]),
  };
}

/** Percentiles by their nines, as HdrHistogram plots them: 90, 99 and 99.9 are equally far apart. */
export function percentileScale(highest: number): Scale {
  const nines = Math.max(1, Math.ceil(ninesOf(highest) - 1e-9));
  return {
    place: (percentile) => ninesOf(percentile) / nines,
    ticks: Array.from({ length: nines + 1 }, (_, nine) => {
      const percentile = 100 * (1 - 10 ** -nine);
      return [percentile, nine < 3 ? percentile.toFixed(0) : percentile.toFixed(nine - 2)];
    }),
  };
}

function ninesOf(percentile: number): number {
  return -Math.log10(1 - percentile / 100);
}

function labelOf(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
