import { orAbort } from '../abort.js';
import { decomposeSymmetric } from '../deconvolve/psf/eigen.js';
import { ImageError } from '../errors.js';
import type { AnyFrame } from '../image/frame.js';
import type { BlockStatistics } from '../native/binding.js';
import { requireNumber, requireString } from '../validate.js';
import { readInput } from './input.js';
import type { MetricInput } from './input.js';
import { SCENE_FEATURES, loadModel, packagedModel } from './models.js';
import type { ModelSource, NiqeModel } from './models.js';
import { openContext } from './options.js';
import type { MetricContext, MetricOptions } from './options.js';

const BLOCK = 96;
/** Blocks at least so sharp, in parts of the sharpest of their picture, are those that a model is made of (Mittal et al. 2013). */
const SHARP_PART = 0.75;

export interface NiqeOptions extends MetricOptions {
  /** What pristine pictures look like; by default the authors' parameters. Scores of different models do not compare. */
  readonly model?: ModelSource<NiqeModel>;
}

export interface FitOptions extends MetricOptions {
  /** Name of the model. */
  readonly name: string;
  /** Blocks at least so sharp, in parts of the sharpest of their picture, count; 0.75 by default. */
  readonly sharpPart?: number;
}

/** Mean and covariance of the features of blocks. */
type Distribution = Pick<NiqeModel, 'mean' | 'covariance'>;

/**
 * Natural image quality evaluator (Mittal, Soundararajan and Bovik 2013): the distance of a frame's statistics from those
 * of pristine pictures, 0 at best. Of the luminance, rounded to 0 ... 255. Each side must have at least 96 pixels; flat frames
 * are refused. Rejects with ArgumentError, ImageError or ModelError.
 */
export async function niqe(frame: MetricInput, options: NiqeOptions = {}): Promise<number> {
  const context = openContext(options, ['model']);
  const model = await (options.model === undefined ? packagedModel<NiqeModel>('niqe', 'niqe') : loadModel<NiqeModel>('niqe', options.model));
  return measureNiqe(await readInput('frame', frame, context), context, model);
}

/** {@link niqe} with the package's own model of sharp pictures of Earth, models/metrics/eo-niqe.md. */
export async function eoNiqe(frame: MetricInput, options: MetricOptions = {}): Promise<number> {
  const context = openContext(options);
  return measureEoNiqe(await readInput('frame', frame, context), context);
}

/** {@link niqe} of a frame that was checked. */
export async function measureNiqe(frame: AnyFrame, context: MetricContext, model?: NiqeModel): Promise<number> {
  const pristine = model ?? await packagedModel<NiqeModel>('niqe', 'niqe');
  const { features } = await measureBlocks(frame, context);
  const found = distributionOf(rowsOf(features));
  if (found === null) throw new ImageError('IMAGE_INVALID', 'NIQE needs a frame that is not flat: no block of 96x96 pixels varies at both scales');
  return distanceOf(pristine, found);
}

/** {@link eoNiqe} of a frame that was checked. */
export async function measureEoNiqe(frame: AnyFrame, context: MetricContext): Promise<number> {
  return measureNiqe(frame, context, await packagedModel<NiqeModel>('niqe', 'eo-niqe'));
}

/** A model of one's own from sharp pictures, as the authors made theirs. Rejects as {@link niqe} does. */
export async function fitNiqe(pictures: Iterable<MetricInput>, options: FitOptions): Promise<NiqeModel> {
  const context = openContext(options, ['name', 'sharpPart']);
  const name = requireString('name', options.name);
  const sharpPart = requireNumber('sharpPart', options.sharpPart ?? SHARP_PART, 0, 1);
  const kept: number[][] = [];
  for (const picture of pictures) {
    const { features, sharpness } = await measureBlocks(await readInput('picture', picture, context), context);
    const least = sharpPart * Math.max(...sharpness);
    kept.push(...rowsOf(features).filter((_, block) => sharpness[block]! > least));
  }
  const found = distributionOf(kept);
  if (found === null) throw new ImageError('IMAGE_INVALID', 'No picture has a block of 96x96 pixels that varies');
  return { kind: 'niqe', name, ...found };
}

async function measureBlocks(frame: AnyFrame, { binding, machine, signal }: MetricContext): Promise<BlockStatistics> {
  if (Math.min(frame.width, frame.height) < BLOCK) {
    throw new ImageError('IMAGE_INVALID', `${frame.width}x${frame.height} pixels are too few for NIQE; each side must have at least ${BLOCK}`);
  }
  return orAbort(binding.measureBlocks(frame, machine), signal);
}

const rowsOf = (features: Float64Array): number[][] =>
  Array.from({ length: features.length / SCENE_FEATURES }, (_, block) => [...features.subarray(block * SCENE_FEATURES, (block + 1) * SCENE_FEATURES)]);

/**
 * The means of what is a number, and the covariance of the blocks of which all is (MATLAB's nanmean and nancov); of a single
 * block 0. Null without any block of which all is a number.
 */
function distributionOf(blocks: readonly (readonly number[])[]): Distribution | null {
  const whole = blocks.filter((block) => !block.some(Number.isNaN));
  if (whole.length === 0) return null;
  const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const column = (rows: readonly (readonly number[])[], index: number): number[] => rows.map((row) => row[index]!);
  const indices = Array.from({ length: SCENE_FEATURES }, (_, index) => index);
  const centre = indices.map((index) => meanOf(column(whole, index)));
  const divisor = Math.max(1, whole.length - 1);
  const covariance = indices.map(() => new Array<number>(SCENE_FEATURES).fill(0));
  for (const i of indices) {
    for (let j = 0; j <= i; j += 1) {
      const sum = whole.reduce((total, row) => total + (row[i]! - centre[i]!) * (row[j]! - centre[j]!), 0);
      covariance[i]![j] = covariance[j]![i] = sum / divisor;
    }
  }
  return { mean: indices.map((index) => meanOf(column(blocks, index).filter((value) => !Number.isNaN(value)))), covariance };
}

/** Equation 10 of the paper: sqrt(d pinv((C1 + C2) / 2) d), d the difference of the means. */
function distanceOf(a: Distribution, b: Distribution): number {
  const difference = a.mean.map((value, index) => value - b.mean[index]!);
  const { values, vectors } = decomposeSymmetric(a.covariance.map((row, i) => row.map((value, j) => (value + b.covariance[i]![j]!) / 2)));
  // As MATLAB's pinv: what is smaller is taken for 0.
  const least = SCENE_FEATURES * 2 ** (Math.floor(Math.log2(values[0]!)) - 52);
  const sum = values.reduce((total, value, index) => {
    if (value <= least) return total;
    const along = vectors[index]!.reduce((dot, entry, i) => dot + entry * difference[i]!, 0);
    return total + (along * along) / value;
  }, 0);
  return Math.sqrt(sum);
}
