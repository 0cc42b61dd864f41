import type { HalfSpectrum } from '../../fft/shape.js';
import type { Transform } from '../../fft/transform.js';
import type { Region } from '../../image/frame.js';
import { colourPlanes } from '../../image/planes.js';
import { fullScale } from '../../image/samples.js';
import type { FrameSource } from '../../image/source.js';
import type { PsfField } from '../../psf/field.js';
import { radiusOf } from '../../psf/psf.js';
import type { Scope } from '../../runtime/scope.js';
import { planImage } from '../plan-image.js';
import { Pauses } from '../../runtime/pauses.js';
import { TILE } from '../noise-model.js';
import type { Tile } from '../noise-model.js';
import { compose } from './affine.js';
import type { Affine } from './affine.js';
import { PATCH, createScratch, listPatches, multiply, transfersOf } from './patches.js';
import type { Scratch } from './patches.js';
import { warp } from './warp.js';
import type { Plane } from '../../image/planes.js';

/** About as many patches are predicted, of each colour. */
const ENOUGH_PATCHES = 16;
/** A sample counts for the brightness of a patch if it is no further off than so many standard deviations. */
const MOST_SIGMAS = 3;
const FITS = 3;

/** A frame with its reference, and what predicts the one from the other. */
interface Prediction {
  readonly source: FrameSource;
  readonly toReference: Affine;
  readonly plan: Transform;
  readonly scratch: Scratch;
  readonly transferAt: (x: number, y: number) => Promise<HalfSpectrum>;
  /** Of the kernels from their centres, in pixels: so much of a patch's border is not predicted. */
  readonly reach: number;
  readonly pauses: Pauses;
}

/**
 * Noise of tiles in what a frame shows beyond its prediction from a registered reference, colour by colour: the scene,
 * which adds to the noise of a frame by itself, is taken off. Null where the frame has other colours than the
 * reference.
 * @param toReference from pixels of the frame to those of the reference
 */
export async function measureResidual(
  scope: Scope,
  source: FrameSource,
  reference: FrameSource,
  toReference: Affine,
  field: PsfField,
): Promise<Tile[] | null> {
  const colours = colourPlanes(source.frame);
  if (colourPlanes(reference.frame) !== colours) return null;
  const plan = await planImage(scope, PATCH, PATCH);
  try {
    const transferAt = transfersOf(plan, field);
    const reach = radiusOf(field.kernels[0]!);
    const pauses = new Pauses(scope.signal);
    const prediction = { source, toReference, plan, scratch: createScratch(plan), transferAt, reach, pauses };
    return await measureColours(prediction, reference, colours);
  } finally {
    plan.dispose();
  }
}

async function measureColours(prediction: Prediction, reference: FrameSource, colours: number): Promise<Tile[]> {
  const { width, height } = reference.frame;
  const memory = new Float32Array(width * height);
  const tiles: Tile[] = [];
  for (let channel = 0; channel < colours; channel += 1) {
    const plane = await channelOf(reference, channel, { left: 0, top: 0, width, height }, prediction.pauses, memory);
    for (const corner of listPatches(prediction.source.frame, PATCH, ENOUGH_PATCHES))
      tiles.push(...(await measurePatch(prediction, plane, channel, corner)));
  }
  return tiles;
}

/** The tiles of one patch; none where the reference does not know all of it. */
async function measurePatch(
  { source, toReference, plan, scratch, transferAt, reach, pauses }: Prediction,
  plane: Plane,
  channel: number,
  [left, top]: readonly [number, number],
): Promise<Tile[]> {
  const { frame } = source;
  const toPatch = compose(toReference, [1, 0, left, 0, 1, top]);
  const patch = await warp(plane, toPatch, PATCH, PATCH, pauses);
  if (patch.data.some((value) => !Number.isFinite(value))) return [];
  const transfer = await transferAt((left + PATCH / 2) / frame.width, (top + PATCH / 2) / frame.height);
  const seenThrough = multiply(await plan.forward(patch.data, scratch.spectrum), transfer);
  const data = await plan.inverse(seenThrough, scratch.values);
  // The middle, which needs nothing from beyond the patch.
  const side = PATCH - 2 * reach;
  const blurred = { frame: { width: PATCH, height: PATCH, channels: 1, depth: 32, data }, valid: null } as const;
  const middle = { left: reach, top: reach, width: side, height: side };
  const model = await channelOf(blurred, 0, middle, pauses);
  const seen = await channelOf(source, channel, { ...middle, left: left + reach, top: top + reach }, pauses);
  return measureTiles(seen, predict(model, seen));
}

/** A part of one channel, 1 being white; missing pixels are unknown. @param plane memory for the result */
async function channelOf(
  { frame, valid }: Pick<FrameSource, 'frame' | 'valid'>,
  channel: number,
  { left, top, width, height }: Region,
  pauses: Pauses,
  plane = new Float32Array(width * height),
): Promise<Plane> {
  const { channels, data } = frame;
  const scale = 1 / fullScale(frame);
  for (let y = 0, at = 0; y < height; y += 1) {
    if (pauses.isDue) await pauses.take();
    const first = (top + y) * frame.width + left;
    let from = first * channels + channel;
    const row = at;
    for (const end = at + width; at < end; at += 1, from += channels) plane[at] = scale * data[from]!;
    if (valid) for (let x = 0; x < width; x += 1) if (valid[first + x] === 0) plane[row + x] = NaN;
  }
  return { width, height, data: plane };
}

/** The model as bright as the frame: ratio and offset by least squares, aratio without what is far off. */
function predict(model: Plane, { data: seen }: Plane): Float32Array {
  let [ratio, offset, limit] = [1, 0, Infinity];
  for (let fit = 0; fit < FITS; fit += 1) {
    let [n, x, y, xx, xy, yy] = [0, 0, 0, 0, 0, 0];
    for (let pixel = 0; pixel < seen.length; pixel += 1) {
      const [a, b] = [model.data[pixel]!, seen[pixel]!];
      // False for NaN as well.
      if (!(Math.abs(b - ratio * a - offset) <= limit)) continue;
      n += 1;
      x += a;
      y += b;
      xx += a * a;
      xy += a * b;
      yy += b * b;
    }
    const spread = n * xx - x * x;
    ratio = spread > 0 ? (n * xy - x * y) / spread : 0;
    offset = (y - ratio * x) / Math.max(n, 1);
    limit = MOST_SIGMAS * Math.sqrt(Math.max(0, yy - offset * y - ratio * xy) / Math.max(n, 1));
  }
  return model.data.map((value) => ratio * value + offset);
}

/**
 * Tiles without clipped or unknown samples: the Laplacian of Immerkaer (1996) takes what is left of slow differences
 * off.
 */
function measureTiles({ width, height, data }: Plane, model: Float32Array): Tile[] {
  const residual = data.map((value, pixel) => (value > 0 && value < 1 ? value - model[pixel]! : NaN));
  const tiles: Tile[] = [];
  for (let top = 0; top + TILE <= height; top += TILE) {
    for (let left = 0; left + TILE <= width; left += TILE) {
      let [level, squares] = [0, 0];
      for (let y = top + 1; y < top + TILE - 1; y += 1) {
        for (let x = left + 1, at = y * width + x; x < left + TILE - 1; x += 1, at += 1) {
          squares += laplacian(residual, at, width) ** 2;
          level += model[at]!;
        }
      }
      const count = (TILE - 2) ** 2;
      if (squares >= 0) tiles.push({ level: Math.max(0, level / count), variance: squares / count / 36 });
    }
  }
  return tiles;
}

/** Of white noise, its variance is 36 times that of the values. */
function laplacian(values: Float32Array, at: number, width: number): number {
  const [above, below] = [at - width, at + width];
  return (
    values[above - 1]! +
    values[above + 1]! +
    values[below - 1]! +
    values[below + 1]! +
    4 * values[at]! -
    2 * (values[above]! + values[below]! + values[at - 1]! + values[at + 1]!)
  );
}
