import { orAbort } from '../runtime/abort.js';
import { ArgumentError } from '../runtime/errors.js';
import type { AnyFrame } from '../image/frame.js';
import { expected, requireInteger } from '../runtime/validate.js';
import { readPair } from './input.js';
import type { MetricInput } from './input.js';
import { openContext } from './options.js';
import type { MetricContext, MetricOptions } from './options.js';

export interface WaterOptions extends MetricOptions {
  /**
   * Channels, from 0, of the water index (first - second) / (first + second) of frames with colours. By default [2, 0]: blue
   * over red, or in a composite of near infrared, red and green the index of McFeeters 1996. Grey frames: water is dark.
   */
  readonly bands?: readonly [number, number];
}

/** How well the water of a frame agrees with that of its reference. */
export interface WaterAgreement {
  /** Pixels with water in both over pixels with water in either (intersection over union); 1 where there is none. */
  readonly iou: number;
  /** Part of all pixels on which they agree. */
  readonly accuracy: number;
  /** Parts of the pixels that are water. */
  readonly water: number;
  readonly referenceWater: number;
  /** Index from which a pixel is water, found in the reference (Otsu 1979) and used for both. */
  readonly threshold: number;
  /** How far the reference falls into two classes: 0 not at all, 1 wholly; below about 0.6 its water means little. */
  readonly separability: number;
}

/** Compares where two frames of one scene have water. Rejects with ArgumentError or ImageError. */
export async function waterAgreement(
  frame: MetricInput,
  reference: MetricInput,
  options: WaterOptions = {},
): Promise<WaterAgreement> {
  const context = openContext(options, ['bands']);
  const [a, b] = await readPair(frame, reference, context);
  return measureWaterAgreement(a, b, context, options.bands);
}

/** {@link waterAgreement} of frames that were checked. */
export async function measureWaterAgreement(
  frame: AnyFrame,
  reference: AnyFrame,
  { binding, machine, signal }: MetricContext,
  bands: readonly [number, number] = [2, 0],
): Promise<WaterAgreement> {
  if (!Array.isArray(bands) || bands.length !== 2) throw expected('pair of channels', 'bands', bands);
  const [high, low] = bands.map((band) => requireInteger('bands', band, 0, 2)) as [number, number];
  if (high === low) throw new ArgumentError(`bands are twice channel ${high}; a water index needs two`);
  const { both, onlyFrame, onlyReference, neither, threshold, separability } = await orAbort(
    binding.compareWater(frame, reference, { ...machine, high, low }),
    signal,
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
}
