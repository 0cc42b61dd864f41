import type { AnyFrame } from '../image/frame.js';
import { ArgumentError } from '../runtime/errors.js';
import type { Scope } from '../runtime/scope.js';
import { expected, requireInteger } from '../runtime/validate.js';
import type { MetricInput } from './input.js';
import { checkMetricOptions, measureMetric } from './metric.js';
import type { Metric, MetricOptions } from './metric.js';

/** Options of {@link waterAgreement} and {@link compareWater}. */
export interface WaterOptions extends MetricOptions {
  /**
   * Channels, from 0, of the water index (first - second) / (first + second) of frames with colours. By default [2, 0]:
   * blue over red, or in a composite of near infrared, red and green the index of McFeeters 1996. Grey frames: water is
   * dark.
   */
  readonly indexChannels?: readonly [number, number];
}

/** How well the water of a frame agrees with that of its reference. */
export interface WaterComparison {
  /**
   * Pixels with water in both over pixels with water in either (intersection over union), 0 to 1; 1 where there is
   * none.
   */
  readonly iou: number;
  /** Part of all pixels on which they agree, 0 to 1. */
  readonly accuracy: number;
  /** Part of the frame's pixels that is water, 0 to 1. */
  readonly water: number;
  /** Part of the reference's pixels that is water, 0 to 1. */
  readonly referenceWater: number;
  /** Index from which a pixel is water, found in the reference (Otsu 1979) and used for both. */
  readonly threshold: number;
  /** How far the reference falls into two classes: 0 not at all, 1 wholly; below about 0.6 its water means little. */
  readonly separability: number;
}

/**
 * Intersection over union of the water in two frames of one scene, 0 to 1; 1 where neither has any. Rejects with
 * ArgumentError or ImageError.
 */
export async function waterAgreement(
  frame: MetricInput,
  reference: MetricInput,
  options: WaterOptions = {},
): Promise<number> {
  return (await compareWater(frame, reference, options)).iou;
}

/** What {@link waterAgreement} comes from. Rejects with ArgumentError or ImageError. */
export async function compareWater(
  frame: MetricInput,
  reference: MetricInput,
  options: WaterOptions = {},
): Promise<WaterComparison> {
  checkMetricOptions(options, ['indexChannels']);
  return measureMetric(waterMetric(options.indexChannels), [frame, reference], options);
}

/** {@link waterAgreement}. */
export const waterAgreementMetric: Metric<number> = {
  name: 'waterAgreement',
  measure: async (scope, frame, reference) => (await waterMetric().measure(scope, frame, reference)).iou,
};

/** {@link compareWater}. Throws ArgumentError. */
function waterMetric(channels: readonly [number, number] = [2, 0]): Metric<WaterComparison> {
  if (!Array.isArray(channels) || channels.length !== 2) throw expected('pair of channels', 'indexChannels', channels);
  const [high, low] = channels.map((one) => requireInteger('indexChannels', one, 0, 2)) as [number, number];
  if (high === low) throw new ArgumentError(`indexChannels are twice channel ${high}; a water index needs two`);
  const measure = async (scope: Scope, frame: AnyFrame, reference: AnyFrame): Promise<WaterComparison> => {
    const { isa, threads } = scope;
    const { both, onlyFrame, onlyReference, neither, threshold, separability } = await scope.call((binding, ticket) =>
      binding.compareWater(frame, reference, { isa, threads, high, low }, ticket),
    );
    const pixels = both + onlyFrame + onlyReference + neither;
    return {
      iou: pixels === neither ? 1 : both / (pixels - neither),
      accuracy: (both + neither) / pixels,
      water: (both + onlyFrame) / pixels,
      referenceWater: (both + onlyReference) / pixels,
      threshold,
      separability,
    };
  };
  return { name: 'waterAgreement', measure };
}
