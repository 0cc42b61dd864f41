import { orAbort } from '../runtime/abort.js';
import { ImageError } from '../runtime/errors.js';
import type { AnyFrame } from '../image/frame.js';
import { readInput } from './input.js';
import type { MetricInput } from './input.js';
import { loadModel, packagedModel } from './models.js';
import type { BrisqueModel, ModelSource } from './models.js';
import { openContext } from './options.js';
import type { MetricContext, MetricOptions } from './options.js';

export interface BrisqueOptions extends MetricOptions {
  /** The regression; by default the authors'. */
  readonly model?: ModelSource<BrisqueModel>;
}

/**
 * Blind/referenceless image spatial quality evaluator (Mittal, Moorthy and Bovik 2012): about 0 at best and 100 at worst, not
 * clamped. Of the luminance, rounded to 0 ... 255. Flat frames are refused. Rejects with ArgumentError, ImageError or ModelError.
 */
export async function brisque(frame: MetricInput, options: BrisqueOptions = {}): Promise<number> {
  const context = openContext(options, ['model']);
  const model = options.model === undefined ? undefined : await loadModel<BrisqueModel>('brisque', options.model);
  return measureBrisque(await readInput('frame', frame, context), context, model);
}

/** {@link brisque} of a frame that was checked. */
export async function measureBrisque(
  frame: AnyFrame,
  { binding, machine, signal }: MetricContext,
  model?: BrisqueModel,
): Promise<number> {
  const regression = model ?? (await packagedModel<BrisqueModel>('brisque', 'brisque'));
  const features = await orAbort(binding.measureScene(frame, machine), signal);
  if (features.some(Number.isNaN)) throw new ImageError('IMAGE_INVALID', 'BRISQUE needs a frame that is not flat');
  return predict(regression, features);
}

/** Epsilon-SVR with radial basis functions. */
function predict({ gamma, rho, ranges, coefficients, vectors }: BrisqueModel, features: Float64Array): number {
  const scaled = [...features].map((value, index) => {
    const [low, high] = ranges[index] as [number, number];
    return -1 + (2 * (value - low)) / (high - low);
  });
  return vectors.reduce((sum, vector, index) => {
    const distance = vector.reduce((total, entry, i) => total + (entry - scaled[i]!) ** 2, 0);
    return sum + coefficients[index]! * Math.exp(-gamma * distance);
  }, -rho);
}
