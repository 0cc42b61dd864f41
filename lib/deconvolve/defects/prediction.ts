import { choleskySolve } from '../../math/cholesky.js';
import { profilesOf } from '../../psf/profiles.js';
import type { Psf } from '../../psf/psf.js';
import { transferMagnitude } from '../../psf/transfer.js';
import type { DefectRequest } from '../../runtime/native/binding.js';
import { clustersBehind } from './clusters.js';
import { REACH, SIDE } from './images.js';

/** What a blurred scene can have, as native code asks for it. */
export type Prediction = Pick<
  DefectRequest,
  'weights' | 'clusters' | 'pointWidth' | 'pointHeight' | 'stepRatio' | 'columnStepRatio'
>;

/** Frequencies per axis by which covariances are summed. */
const GRID = 64;
/** Power of scenes falls with the square of frequency, from their largest structures on, in cycles per pixel. */
const LARGEST = 1 / 64;
/** Standard deviations of scenes, and of the noise beside it. */
const [SCENE, NOISE] = [0.2, 0.005];
/** Of the level of scenes: unknown. */
const LEVEL = 3;

/** Bands and frames share kernels, and a prediction takes as long as the search in a small frame. */
const known = new WeakMap<Psf, Prediction>();

/** The best linear prediction of a sample from the 24 around it, and how far scenes behind this PSF are from it. */
export function predictionOf(psf: Psf): Prediction {
  const found = known.get(psf) ?? predict(psf);
  known.set(psf, found);
  return found;
}

function predict(psf: Psf): Prediction {
  const weights = weightsOf(psf);
  const { width: pointWidth, height: pointHeight } = psf;
  const clusters = clustersBehind(psf, weights);
  const { columns, rows } = profilesOf(psf);
  const [stepRatio, columnStepRatio] = [stepRatioOf(rows), stepRatioOf(columns)];
  return { weights: Float32Array.from(weights), clusters, pointWidth, pointHeight, stepRatio, columnStepRatio };
}

const OFFSETS = Array.from(
  { length: SIDE ** 2 },
  (_, tap) => [(tap % SIDE) - REACH, Math.floor(tap / SIDE) - REACH] as const,
).filter(([x, y]) => x !== 0 || y !== 0);

function weightsOf(psf: Psf): Float64Array {
  const covariance = covarianceOf(psf);
  const count = OFFSETS.length;
  const matrix = new Float64Array(count * count);
  const wanted = new Float64Array(count);
  OFFSETS.forEach(([x, y], row) => {
    wanted[row] = covariance(x, y);
    OFFSETS.forEach(([u, v], column) => {
      matrix[row * count + column] = covariance(x - u, y - v);
    });
  });
  const solved = choleskySolve(matrix, wanted);
  const sum = solved.reduce((total, weight) => total + weight, 0);
  const weights = new Float64Array(SIDE ** 2);
  OFFSETS.forEach(([x, y], index) => {
    // The same on opposite sides but for rounding.
    const opposite = OFFSETS.findIndex(([u, v]) => u === -x && v === -y);
    weights[(y + REACH) * SIDE + x + REACH] = (solved[index]! + solved[opposite]!) / 2 / sum;
  });
  return weights;
}

/** Of two samples of blurred scenes, by how far apart they are. */
function covarianceOf(psf: Psf): (x: number, y: number) => number {
  const transfer = transferMagnitude(psf, GRID);
  const power = new Float64Array(GRID ** 2);
  let sum = 0;
  for (let index = 0; index < power.length; index += 1) {
    const [u, v] = [(index % GRID) / GRID - 1 / 2, Math.floor(index / GRID) / GRID - 1 / 2];
    const scene = 1 / (u * u + v * v + LARGEST ** 2);
    sum += scene;
    power[index] = scene * transfer[index]! ** 2;
  }
  const cosines = Array.from({ length: 4 * REACH + 1 }, (_, distance) =>
    Float64Array.from({ length: GRID }, (__, u) => Math.cos(2 * Math.PI * (u / GRID - 1 / 2) * (distance - 2 * REACH))),
  );
  const sines = Array.from({ length: 4 * REACH + 1 }, (_, distance) =>
    Float64Array.from({ length: GRID }, (__, u) => Math.sin(2 * Math.PI * (u / GRID - 1 / 2) * (distance - 2 * REACH))),
  );
  const known = new Map<number, number>();
  const compute = (x: number, y: number): number => {
    const [cx, sx] = [cosines[x + 2 * REACH]!, sines[x + 2 * REACH]!];
    const [cy, sy] = [cosines[y + 2 * REACH]!, sines[y + 2 * REACH]!];
    let total = 0;
    for (let index = 0; index < power.length; index += 1) {
      const [u, v] = [index % GRID, Math.floor(index / GRID)];
      total += power[index]! * (cx[u]! * cy[v]! - sx[u]! * sy[v]!);
    }
    return (total / sum) * SCENE ** 2 + LEVEL ** 2 + (x === 0 && y === 0 ? NOISE ** 2 : 0);
  };
  return (x, y) => {
    const key = (y + 2 * REACH) * SIDE ** 2 + x + 2 * REACH;
    const found = known.get(key) ?? compute(x, y);
    known.set(key, found);
    return found;
  };
}

/** Of an edge behind a profile, from either side: the first pixel's rise over the larger of the next two. */
function stepRatioOf(profile: Float64Array): number {
  const ratio = (values: Float64Array): number => {
    const peak = Math.max(...values);
    const from = values.findIndex((value) => value > 0.01 * peak);
    const [first, second, third] = [values[from]!, values[from + 1] ?? 0, values[from + 2] ?? 0];
    return Math.min(1e6, first / Math.max(second, third, 1e-9));
  };
  return Math.max(ratio(profile), ratio(profile.toReversed()));
}
