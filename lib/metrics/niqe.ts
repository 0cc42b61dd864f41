import type { AnyFrameSize } from '../image/frame.js';
import { isWhole } from '../image/missing/whole.js';
import { ImageError } from '../runtime/errors.js';
import type { BlockStatistics } from '../runtime/native/binding.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import { expected, requireNumber, requireString } from '../runtime/validate.js';
import { distanceBetween, fitGaussian } from './gaussian.js';
import type { MetricInput } from './input.js';
import type { MeasuredFrame } from './measured.js';
import { checkMetricOptions, measureMetric, performWork } from './metric.js';
import type { FrameWork, Metric, MetricOptions } from './metric.js';
import { SCENE_FEATURES, loadModel, packagedModel } from './models.js';
import type { ModelSource, NiqeModel } from './models.js';

/** Side of a block in pixels. */
const BLOCK = 96;
/** Blocks at least so sharp, in parts of the sharpest of their picture, make a model (Mittal et al. 2013). */
const SHARP_PART = 0.75;

/** Options of {@link niqe}. */
export interface NiqeOptions extends MetricOptions {
  /**
   * What pristine pictures look like, or the path of a JSON file of that; by default the authors' parameters. Scores of
   * different models do not compare.
   */
  readonly model?: ModelSource<NiqeModel>;
}

/** Options of {@link fitNiqe}. */
export interface FitOptions extends MetricOptions {
  /** Name of the model. */
  readonly name: string;
  /** Blocks count that are at least so sharp, in parts of the sharpest of their picture, 0 to 1; 0.75 by default. */
  readonly sharpPart?: number;
}

/**
 * Natural image quality evaluator (Mittal, Soundararajan and Bovik 2013): the distance of a frame's statistics from
 * those of pristine pictures, 0 at best. Of the luminance, rounded to 0 ... 255. Each side must have at least 96
 * pixels; flat frames are refused. Rejects with ArgumentError, ImageError or ModelError.
 */
export async function niqe(frame: MetricInput, options: NiqeOptions = {}): Promise<number> {
  checkMetricOptions(options, ['model']);
  const { model } = options;
  const pristine = model === undefined ? undefined : await loadModel<NiqeModel>('niqe', model);
  return measureMetric(niqeMetric('niqe', pristine), [frame], options);
}

/** {@link niqe} with the package's own model of sharp pictures of Earth, models/metrics/eo-niqe.md. */
export async function eoNiqe(frame: MetricInput, options: MetricOptions = {}): Promise<number> {
  checkMetricOptions(options);
  return measureMetric(niqeMetric('eoNiqe'), [frame], options);
}

/** Packaged models, by the metrics that use them. */
const MODELS = { niqe: 'niqe', eoNiqe: 'eo-niqe' } as const;

/** {@link niqe} or {@link eoNiqe}. @param model the packaged one by default */
export function niqeMetric(name: keyof typeof MODELS, model?: NiqeModel): Metric<number> {
  return {
    name,
    check: requireBlocks,
    measure: async (scope, frame) => {
      const pristine = model ?? (await packagedModel<NiqeModel>('niqe', MODELS[name]));
      const found = fitGaussian(rowsOf((await measureBlocks(scope, frame)).features));
      if (found !== null) return distanceBetween(pristine, found);
      throw new ImageError(
        'IMAGE_INVALID',
        'NIQE needs a frame that is not flat: no block of 96x96 pixels is whole and varies at both scales',
      );
    },
  };
}

/**
 * A model of one's own from sharp pictures, read one after the other, as the authors made theirs. Rejects as {@link
 * niqe} does.
 */
export async function fitNiqe(pictures: Iterable<MetricInput>, options: FitOptions): Promise<NiqeModel> {
  checkMetricOptions(options, ['name', 'sharpPart']);
  const name = requireString('name', options.name);
  const sharpPart = requireNumber('sharpPart', options.sharpPart ?? SHARP_PART, 0, 1);
  if (typeof (pictures as Partial<Iterable<MetricInput>> | null)?.[Symbol.iterator] !== 'function')
    throw expected('list of pictures', 'pictures', pictures);
  const work: FrameWork<number[][]> = {
    roles: ['picture'],
    check: requireBlocks,
    run: async (scope, [frame]) => sharpRows(await measureBlocks(scope, frame!), sharpPart),
  };
  const kept: number[][] = [];
  for (const picture of pictures) {
    using performed = await performWork(work, [picture], options);
    kept.push(...performed.outcome);
  }
  const found = fitGaussian(kept);
  if (found === null) throw new ImageError('IMAGE_INVALID', 'No picture has a block of 96x96 pixels that varies');
  return { kind: 'niqe', name, ...found };
}

function requireBlocks({ width, height }: AnyFrameSize): void {
  if (Math.min(width, height) >= BLOCK) return;
  throw new ImageError(
    'IMAGE_INVALID',
    `${width}x${height} pixels are too few for NIQE; each side must have at least ${BLOCK}`,
  );
}

/** Of the blocks without a missing pixel. */
async function measureBlocks(scope: Scope, measured: MeasuredFrame): Promise<BlockStatistics> {
  const grey = await measured.withoutGaps(new Pauses(scope.signal));
  const { features, sharpness } = await scope.call((binding, ticket) => binding.measureBlocks(grey, scope, ticket));
  const columns = Math.floor(grey.width / BLOCK);
  const isThere = (block: number): boolean => {
    const [left, top] = [(block % columns) * BLOCK, Math.floor(block / columns) * BLOCK];
    return isWhole(measured.valid, grey.width, { left, top, width: BLOCK, height: BLOCK });
  };
  return {
    features: features.filter((_, index) => isThere(Math.floor(index / SCENE_FEATURES))),
    sharpness: sharpness.filter((_, block) => isThere(block)),
  };
}

/** The features of the sharp blocks. */
function sharpRows({ features, sharpness }: BlockStatistics, sharpPart: number): number[][] {
  const least = sharpPart * sharpness.reduce((most, value) => Math.max(most, value), 0);
  return rowsOf(features).filter((_, block) => sharpness[block]! > least);
}

const rowsOf = (features: Float64Array): number[][] =>
  Array.from({ length: features.length / SCENE_FEATURES }, (_, block) => [
    ...features.subarray(block * SCENE_FEATURES, (block + 1) * SCENE_FEATURES),
  ]);
