import type { MetricInput } from './input.js';
import { checkMetricOptions, measureMetric } from './metric.js';
import type { Metric, MetricOptions } from './metric.js';

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
  measure: async (scope, frame) =>
    (await scope.call((binding, ticket) => binding.measureEdges(frame, scope, ticket))).sharpness,
};
