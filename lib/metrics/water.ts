import { MAX_CHANNELS } from '../image/frame.js';
import type { AnyFrameSize } from '../image/frame.js';
import { colourPlanes, rgbBands } from '../image/planes.js';
import { ArgumentError, ImageError } from '../runtime/errors.js';
import type { Scope } from '../runtime/scope.js';
import { expected, requireInteger } from '../runtime/validate.js';
import type { MetricInput } from './input.js';
import type { MeasuredFrame } from './measured.js';
import { checkMetricOptions, measureMetric } from './metric.js';
import type { Metric, MetricOptions } from './metric.js';

/** Options of {@link waterAgreement} and {@link compareWater}. */
export interface WaterOptions extends MetricOptions {
  /**
   * Channels, from 0, of the water index (first - second) / (first + second) of frames with several bands. By default
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
function waterMetric(given?: readonly [number, number]): Metric<WaterComparison> {
  const channels = given && checkChannels(given);
  const measure = async (
    scope: Scope,
    { frame, valid }: MeasuredFrame,
    { frame: reference }: MeasuredFrame,
  ): Promise<WaterComparison> => {
    const { isa, threads } = scope;
    const [high, low] = channelsOf(frame, channels);
    const options = { isa, threads, high, low, ...(valid && { valid }) };
    const { both, onlyFrame, onlyReference, neither, threshold, separability } = await scope.call((binding, ticket) =>
      binding.compareWater(frame, reference, options, ticket),
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

function checkChannels(channels: readonly [number, number]): readonly [high: number, low: number] {
  if (!Array.isArray(channels) || channels.length !== 2) throw expected('pair of channels', 'indexChannels', channels);
  const [high, low] = channels.map((one) => requireInteger('indexChannels', one, 0, MAX_CHANNELS - 1));
  if (high === low) throw new ArgumentError(`indexChannels are twice channel ${high}; a water index needs two`);
  return [high!, low!];
}

/** Those of the index; twice the only one of a grey frame. */
function channelsOf(
  frame: AnyFrameSize,
  given: readonly [number, number] | undefined,
): readonly [high: number, low: number] {
  const planes = colourPlanes(frame);
  if (planes === 1) return [0, 0];
  const missing = given?.find((channel) => channel >= planes);
  if (missing !== undefined)
    throw new ArgumentError(`indexChannels: there is no channel ${missing}, the frame has ${planes}`);
  const [triple] = rgbBands(frame);
  if (given || triple) return given ?? [triple![2]!, triple![0]!];
  throw new ImageError('IMAGE_INVALID', 'Water of a frame without red, green and blue needs indexChannels, or bands');
}
