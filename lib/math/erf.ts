/** Nodes per unit, and where erf is 1 in double precision. */
const NODES_PER_UNIT = 128;
const LIMIT = 6;
const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

/** Terms all positive: erf(x) = 2 / sqrt(pi) exp(-x^2) x (1 + 2 x^2 / 3 + (2 x^2)^2 / 15 + ...). */
function sumSeries(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; term > 1e-18 * sum; n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_ROOT_PI * Math.exp(-x * x) * sum;
}

const VALUES = Float64Array.from({ length: LIMIT * NODES_PER_UNIT + 2 }, (_, node) => sumSeries(node / NODES_PER_UNIT));
const SLOPES = VALUES.map((_, node) => (TWO_OVER_ROOT_PI * Math.exp(-((node / NODES_PER_UNIT) ** 2))) / NODES_PER_UNIT);

/**
 * The error function, to 1e-10: Hermite's cubic between exact values and slopes, several times faster than a series.
 */
export function erf(x: number): number {
  const position = Math.abs(x) * NODES_PER_UNIT;
  if (!(position < LIMIT * NODES_PER_UNIT)) return Math.sign(x);
  const node = Math.floor(position);
  const t = position - node;
  const [value, slope] = [VALUES[node]!, SLOPES[node]!];
  const rise = VALUES[node + 1]! - value;
  const curve = slope + SLOPES[node + 1]! - 2 * rise;
  const result = value + t * (slope + t * (rise - slope - curve + t * curve));
  return x < 0 ? -result : result;
}
