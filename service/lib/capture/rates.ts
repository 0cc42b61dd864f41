import { LEVELS } from './capture.js';
import type { Level } from './capture.js';

/** What a frame of a level takes, as learnt: seconds per unit of work, such as a megapixel or a GMAC. */
export interface Rate {
  /** Exponentially weighted mean. */
  readonly mean: number;
  /** Exponentially weighted mean of squared differences from it. */
  readonly variance: number;
  /** Frames so far. */
  readonly count: number;
}

/** Plain JSON, so that it outlives a restart (`Store.setMemo`). */
export type Rates = Readonly<Partial<Record<Level, Rate>>>;

/** Weight of the newest frame: the memory is some ten frames long. */
const WEIGHT = 0.15;
/** Standard deviations from the mean to the 95th percentile of a normal distribution. */
const P95 = 1.645;

/** The rates after one more frame. Work and seconds that are no positive numbers teach nothing. */
export function learn(rates: Rates, level: Level, work: number, seconds: number): Rates {
  const sample = seconds / work;
  if (!(work > 0 && seconds > 0 && Number.isFinite(sample))) return rates;
  return { ...rates, [level]: blend(rates[level], sample) };
}

function blend(rate: Rate | undefined, sample: number): Rate {
  if (!rate) return { mean: sample, variance: 0, count: 1 };
  // The first frames count equally; the weight falls until it is that of the long run.
  const weight = Math.max(WEIGHT, 1 / (rate.count + 1));
  const difference = sample - rate.mean;
  return {
    mean: rate.mean + weight * difference,
    variance: (1 - weight) * (rate.variance + weight * difference ** 2),
    count: rate.count + 1,
  };
}

/**
 * Seconds within which 95 of 100 frames of that work end; null where nothing is known. One frame alone is believed: a
 * level that it shows to be in time is tried again, and ends in time if it is not (`redecide`).
 */
export function p95Seconds(rates: Rates, level: Level, work: number): number | null {
  const rate = rates[level];
  if (!rate) return null;
  return work * (rate.mean + P95 * Math.sqrt(rate.variance));
}

/** Rates as they were kept, from JSON of any kind: what is no rate is left out. */
export function readRates(value: unknown): Rates {
  if (typeof value !== 'object' || value === null) return {};
  const known = LEVELS.map((level) => [level, (value as Record<string, unknown>)[level]] as const);
  return Object.fromEntries(known.filter(([, rate]) => isRate(rate)));
}

function isRate(value: unknown): value is Rate {
  if (typeof value !== 'object' || value === null) return false;
  const { mean, variance, count } = value as Record<string, unknown>;
  return isPositive(mean) && isPositive(count) && (variance === 0 || isPositive(variance));
}

const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && Number.isFinite(value);
