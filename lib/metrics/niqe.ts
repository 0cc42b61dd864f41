import { orAbort } from '../runtime/abort.js';
import { ImageError } from '../runtime/errors.js';
import type { AnyFrame } from '../image/frame.js';
import type { BlockStatistics } from '../runtime/native/binding.js';
import { requireNumber, requireString } from '../runtime/validate.js';
import { distanceBetween, fitGaussian } from './gaussian.js';
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

/**
 * Natural image quality evaluator (Mittal, Soundararajan and Bovik 2013): the distance of a frame's statistics from those
 * of pristine pictures, 0 at best. Of the luminance, rounded to 0 ... 255. Each side must have at least 96 pixels; flat frames
 * are refused. Rejects with ArgumentError, ImageError or ModelError.
 */
export async function niqe(frame: MetricInput, options: NiqeOptions = {}): Promise<number> {
  const context = openContext(options, ['model']);
  const model = await (options.model === undefined
    ? packagedModel<NiqeModel>('niqe', 'niqe')
    : loadModel<NiqeModel>('niqe', options.model));
  return measureNiqe(await readInput('frame', frame, context), context, model);
}

/** {@link niqe} with the package's own model of sharp pictures of Earth, models/metrics/eo-niqe.md. */
export async function eoNiqe(frame: MetricInput, options: MetricOptions = {}): Promise<number> {
  const context = openContext(options);
  return measureEoNiqe(await readInput('frame', frame, context), context);
}

/** {@link niqe} of a frame that was checked. */
export async function measureNiqe(frame: AnyFrame, context: MetricContext, model?: NiqeModel): Promise<number> {
  const pristine = model ?? (await packagedModel<NiqeModel>('niqe', 'niqe'));
  const { features } = await measureBlocks(frame, context);
  const found = fitGaussian(rowsOf(features));
  if (found === null)
    throw new ImageError(
      'IMAGE_INVALID',
      'NIQE needs a frame that is not flat: no block of 96x96 pixels varies at both scales',
    );
  return distanceBetween(pristine, found);
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
  const found = fitGaussian(kept);
  if (found === null) throw new ImageError('IMAGE_INVALID', 'No picture has a block of 96x96 pixels that varies');
  return { kind: 'niqe', name, ...found };
}

async function measureBlocks(frame: AnyFrame, { binding, machine, signal }: MetricContext): Promise<BlockStatistics> {
  if (Math.min(frame.width, frame.height) < BLOCK) {
    throw new ImageError(
      'IMAGE_INVALID',
      `${frame.width}x${frame.height} pixels are too few for NIQE; each side must have at least ${BLOCK}`,
    );
  }
  return orAbort(binding.measureBlocks(frame, machine), signal);
}

const rowsOf = (features: Float64Array): number[][] =>
  Array.from({ length: features.length / SCENE_FEATURES }, (_, block) => [
    ...features.subarray(block * SCENE_FEATURES, (block + 1) * SCENE_FEATURES),
  ]);
