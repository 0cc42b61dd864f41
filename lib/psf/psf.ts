import { ArgumentError } from '../runtime/errors.js';
import { expected, requireInteger, requireKnownKeys, requireObject } from '../runtime/validate.js';

/** Largest side of a kernel, in pixels. */
export const MAX_PSF_SIDE = 511;
/** Largest reach of a kernel from its centre, in pixels. */
export const MAX_PSF_RADIUS = (MAX_PSF_SIDE - 1) / 2;

/**
 * A point spread function: what one bright pixel looks like after the blur, row by row. Both sides are odd, the centre
 * is the middle pixel, the weights sum to 1.
 */
export interface Psf {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
  /** Whether it equals itself turned by 180 degrees, so that its transfer function is real. */
  readonly symmetric: boolean;
}

/**
 * Where the centre of a kernel is: its middle pixel, the pixel nearest its centre of mass, or that pixel [x, y]. The
 * middle is pixel floor(side / 2) from 0, also of an even side, where it is the one right of and below the middle: so
 * count FFT programs (`fftshift`), MATLAB's `psf2otf`, OpenCV and SciPy's `ndimage`.
 */
export type PsfCentre = 'middle' | 'centroid' | readonly [number, number];

/** Weights as a caller has them: any sides, any positive sum. */
export interface PsfWeights {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array | Float32Array | Uint8Array | Uint16Array | readonly number[];
  /** The middle by default. */
  readonly centre?: PsfCentre;
  /** Ignored: found from the weights. Lets a {@link Psf} pass as weights. */
  readonly symmetric?: boolean;
}

/** A kernel from weights: checked, centred, normalised. Throws ArgumentError. */
export function fromArray(weights: PsfWeights): Psf {
  requireKnownKeys('psf', weights, ['width', 'height', 'data', 'centre', 'symmetric']);
  const { width, height, data } = weights;
  requireInteger('width of the PSF', width, 1, MAX_PSF_SIDE);
  requireInteger('height of the PSF', height, 1, MAX_PSF_SIDE);
  if (!Array.isArray(data) && !ArrayBuffer.isView(data)) throw expected('array of numbers', 'data of the PSF', data);
  if (data.length !== width * height) throw expected(`${width * height} weights`, 'data of the PSF', data.length);
  const bad = (data as readonly number[]).findIndex((weight) => !Number.isFinite(weight));
  if (bad >= 0) {
    const place = `column ${bad % width} of row ${Math.floor(bad / width)}`;
    throw new ArgumentError(`The PSF holds ${data[bad]} at ${place}; put 0 where it has no weight`);
  }
  return normalise(centreOn(width, Float64Array.from(data), resolveCentre(weights)));
}

/** Divides by the sum, which must be positive, and finds out about symmetry. Both sides are odd. */
export function normalise({ width, height, data }: Omit<Psf, 'symmetric'>): Psf {
  const sum = data.reduce((total, weight) => total + weight, 0);
  if (!(sum > 0 && sum < Infinity))
    throw new ArgumentError(
      `The weights of a PSF must have a positive sum, these have ${sum}; give what one bright pixel looks like`,
    );
  // What is normalised but for rounding stays as it is.
  const normalised = Math.abs(sum - 1) < 1e-14 ? data : data.map((weight) => weight / sum);
  return { width, height, data: normalised, symmetric: isSymmetric(normalised) };
}

/** Rounding of sums in another order is no asymmetry. */
function isSymmetric(data: Float64Array): boolean {
  const tolerance = 1e-12 * data.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0);
  return data.every((weight, index) => Math.abs(weight - data[data.length - 1 - index]!) <= tolerance);
}

/** The pixel [x, y] that is the centre. Throws ArgumentError. */
export function resolveCentre({ width, height, data, centre = 'middle' }: PsfWeights): readonly [number, number] {
  if (centre === 'middle') return [Math.floor(width / 2), Math.floor(height / 2)];
  if (centre === 'centroid') return findCentroid(width, data);
  if (!Array.isArray(centre) || centre.length !== 2)
    throw expected("'middle', 'centroid' or [x, y]", 'centre of the PSF', centre);
  const [x, y] = centre as readonly [number, number];
  return [
    requireInteger('x of the PSF centre', x, 0, width - 1),
    requireInteger('y of the PSF centre', y, 0, height - 1),
  ];
}

function findCentroid(width: number, data: ArrayLike<number>): readonly [number, number] {
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let index = 0; index < data.length; index += 1) {
    const weight = Math.max(0, data[index]!);
    sum += weight;
    sumX += weight * (index % width);
    sumY += weight * Math.floor(index / width);
  }
  return sum > 0 ? [Math.round(sumX / sum), Math.round(sumY / sum)] : [0, 0];
}

/** The smallest kernel with the pixel [x, y] in its middle that holds all weights which are not 0. */
function centreOn(width: number, data: Float64Array, [x, y]: readonly [number, number]): Omit<Psf, 'symmetric'> {
  let [reachX, reachY] = [0, 0];
  data.forEach((weight, index) => {
    if (weight === 0) return;
    reachX = Math.max(reachX, Math.abs((index % width) - x));
    reachY = Math.max(reachY, Math.abs(Math.floor(index / width) - y));
  });
  const [sideX, sideY] = [2 * reachX + 1, 2 * reachY + 1];
  if (Math.max(sideX, sideY) > MAX_PSF_SIDE) {
    const reach = Math.max(reachX, reachY);
    throw new ArgumentError(
      `The PSF reaches ${reach} pixels from its centre, at most ${MAX_PSF_RADIUS} are possible; cut it off there`,
    );
  }
  const centred = new Float64Array(sideX * sideY);
  data.forEach((weight, index) => {
    if (weight === 0) return;
    const [column, row] = [(index % width) - x + reachX, Math.floor(index / width) - y + reachY];
    centred[row * sideX + column] = weight;
  });
  return { width: sideX, height: sideY, data: centred };
}

/** The blur of one kernel after the other. Throws ArgumentError where the two together are too large. */
export function convolve(a: Psf, b: Psf): Psf {
  requireObject('first PSF', a);
  requireObject('second PSF', b);
  const [width, height] = [a.width + b.width - 1, a.height + b.height - 1];
  requireInteger('width of the convolved PSFs', width, 1, MAX_PSF_SIDE);
  requireInteger('height of the convolved PSFs', height, 1, MAX_PSF_SIDE);
  const data = new Float64Array(width * height);
  a.data.forEach((weight, index) => {
    if (weight === 0) return;
    const origin = Math.floor(index / a.width) * width + (index % a.width);
    for (let row = 0; row < b.height; row += 1) {
      for (let column = 0; column < b.width; column += 1) {
        data[origin + row * width + column]! += weight * b.data[row * b.width + column]!;
      }
    }
  });
  return normalise({ width, height, data });
}

/** The reach of a kernel from its centre in pixels, the larger of both directions. */
export function radiusOf({ width, height }: Pick<Psf, 'width' | 'height'>): number {
  return (Math.max(width, height) - 1) / 2;
}
