import { choleskySolve } from '../../math/cholesky.js';
import type { Pauses } from '../../runtime/pauses.js';

/** How far from known values others are continued, in pixels along an axis: farther, no curve says what is there. */
const REACH = 3;
/** Known values that a curve is fitted to: up to this far from the nearest along either axis. */
const WINDOW = 5;
/** Standard deviation of their weights, in pixels. */
const SIGMA = 1.5;
const SIDE = 2 * WINDOW + 1;
/** Powers of x and y: of the six terms of a surface first, then of the products of two. */
const POWERS = [0, 1, 2, 3, 4].flatMap((degree) =>
  Array.from({ length: degree + 1 }, (_, y): readonly [number, number] => [degree - y, y]),
);
const TERMS = 6;
/** Of each two terms, row by row, which of `POWERS` their product is. */
const PRODUCTS = POWERS.slice(0, TERMS).flatMap(([x, y]) =>
  POWERS.slice(0, TERMS).map(([a, b]) => POWERS.findIndex(([c, d]) => c === x + a && d === y + b)),
);
/** Of each place of the window, row by row, the weighted powers. */
const WEIGHTED = Float64Array.from({ length: SIDE * SIDE * POWERS.length }, (_, index) => {
  const place = Math.floor(index / POWERS.length);
  const [x, y] = [(place % SIDE) - WINDOW, Math.floor(place / SIDE) - WINDOW];
  const [a, b] = POWERS[index % POWERS.length]!;
  return Math.exp(-(x * x + y * y) / (2 * SIGMA ** 2)) * x ** a * y ** b;
});
/** Of the weight of all values: slopes and curvatures that nothing decides are none. */
const RIDGE = 1e-6;

/** One plane; `known` is 0 where a value is to be found. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
  readonly known: Uint8Array;
}

type Point = readonly [x: number, y: number];

/**
 * Continues the known values of a plane by their slopes and curvatures, up to 3 pixels beyond: a quadratic surface is
 * fitted around the nearest. Others stay as they are.
 */
export async function curveEdges(plane: Plane, pauses: Pauses): Promise<void> {
  const { width, height, known } = plane;
  for (let y = 0; y < height; y += 1) {
    if (pauses.isDue) await pauses.take();
    const row = known.subarray(y * width, (y + 1) * width);
    for (let x = row.indexOf(0); x >= 0; x = row.indexOf(0, x + 1)) {
      const nearest = nearestKnown(plane, [x, y]);
      if (nearest) plane.values[y * width + x] = continueTo(plane, nearest, [x, y]);
    }
  }
}

/** The nearest known value; null where none is near, or where most are: there the mean of neighbours is better. */
function nearestKnown({ width, height, known }: Plane, [x, y]: Point): Point | null {
  let nearest: Point | null = null;
  let least = Infinity;
  let excess = 0;
  for (let row = Math.max(0, y - REACH); row <= Math.min(height - 1, y + REACH); row += 1) {
    for (let column = Math.max(0, x - REACH); column <= Math.min(width - 1, x + REACH); column += 1) {
      const distance = (row - y) ** 2 + (column - x) ** 2;
      const isKnown = known[row * width + column] !== 0;
      excess += isKnown ? 1 : -1;
      if (isKnown && distance < least) [nearest, least] = [[column, row], distance];
    }
  }
  return excess < 0 ? nearest : null;
}

/** The surface around a known value, at another pixel. */
function continueTo(plane: Plane, nearest: Point, [x, y]: Point): number {
  const { moments, vector } = sumsAround(plane, nearest);
  const matrix = Float64Array.from(PRODUCTS, (product) => moments[product]!);
  for (let term = 1; term < TERMS; term += 1) matrix[term * TERMS + term]! += RIDGE * moments[0]!;
  const surface = choleskySolve(matrix, vector);
  const [dx, dy] = [x - nearest[0], y - nearest[1]];
  return surface.reduce((sum, part, term) => sum + part * dx ** POWERS[term]![0] * dy ** POWERS[term]![1], 0);
}

/** Weighted sums over known values: of the powers of their places, and of these times the values. */
function sumsAround({ width, height, values, known }: Plane, [left, top]: Point) {
  const moments = new Float64Array(POWERS.length);
  const vector = new Float64Array(TERMS);
  for (let row = Math.max(0, top - WINDOW); row <= Math.min(height - 1, top + WINDOW); row += 1) {
    for (let column = Math.max(0, left - WINDOW); column <= Math.min(width - 1, left + WINDOW); column += 1) {
      const at = row * width + column;
      if (known[at] === 0) continue;
      const first = ((row - top + WINDOW) * SIDE + column - left + WINDOW) * POWERS.length;
      for (let power = 0; power < POWERS.length; power += 1) moments[power]! += WEIGHTED[first + power]!;
      for (let term = 0; term < TERMS; term += 1) vector[term]! += WEIGHTED[first + term]! * values[at]!;
    }
  }
  return { moments, vector };
}
