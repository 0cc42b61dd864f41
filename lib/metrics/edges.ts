import { orAbort } from '../runtime/abort.js';
import type { AnyFrame } from '../image/frame.js';
import { readInput } from './input.js';
import type { MetricInput } from './input.js';
import { openContext } from './options.js';
import type { MetricContext, MetricOptions } from './options.js';

/**
 * Mean magnitude of Sobel's gradient of the luminance, in full scales per pixel (a ramp of 0.01 per pixel gives 0.01), over all
 * pixels but the outermost. It grows with sharpness, and with contrast and noise too: compare frames of one scene only.
 */
export async function edgeSharpness(frame: MetricInput, options: MetricOptions = {}): Promise<number> {
  const context = openContext(options);
  return measureEdgeSharpness(await readInput('frame', frame, context), context);
}

/** {@link edgeSharpness} of a frame that was checked. */
export async function measureEdgeSharpness(
  frame: AnyFrame,
  { binding, machine, signal }: MetricContext,
): Promise<number> {
  return (await orAbort(binding.measureEdges(frame, machine), signal)).sharpness;
}
