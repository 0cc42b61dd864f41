import { ImageError } from '../runtime/errors.js';
import type { EdgeStatistics } from '../runtime/native/binding.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import type { MetricInput } from './input.js';
import type { MeasuredFrame } from './measured.js';
import { checkMetricOptions, measureMetric } from './metric.js';
import type { Metric, MetricOptions } from './metric.js';
import { wholeSquares } from './windows.js';

/**
 * Mean magnitude of Sobel's gradient of the luminance, in full scales per pixel (a ramp of 0.01 per pixel gives 0.01),
 * over all pixels but the outermost. It grows with sharpness, and with contrast and noise too: compare frames of one
 * scene only. Rejects with ArgumentError or ImageError.
 */
export async function edgeSharpness(frame: MetricInput, options: MetricOptions = {}): Promise<number> {
  checkMetricOptions(options);
  return measureMetric(edgeSharpnessMetric, [frame], options);
}

/** {@link edgeSharpness}. */
export const edgeSharpnessMetric: Metric<number> = {
  name: 'edgeSharpness',
  measure: async (scope, frame) => {
    const { sharpness } = await measureGradients(scope, frame);
    if (!Number.isNaN(sharpness)) return sharpness;
    throw new ImageError('IMAGE_INVALID', 'No pixel is left to be measured: neighbours of each are missing');
  },
};

/** Gradients of the pixels whose neighbours are there too. */
export async function measureGradients(scope: Scope, measured: MeasuredFrame): Promise<EdgeStatistics> {
  const { isa, threads, signal } = scope;
  const inner = measured.valid && (await wholeSquares(measured.places, 3, new Pauses(signal))).data;
  const options = { isa, threads, ...(inner && { inner }) };
  return scope.call((binding, ticket) => binding.measureEdges(measured.brightness, options, ticket));
}
