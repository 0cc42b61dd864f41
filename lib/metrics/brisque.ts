import { ImageError } from '../runtime/errors.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import type { MetricInput } from './input.js';
import type { MeasuredFrame } from './measured.js';
import { checkMetricOptions, measureMetric } from './metric.js';
import type { Metric, MetricOptions } from './metric.js';
import { loadModel, packagedModel } from './models.js';
import type { BrisqueModel, ModelSource } from './models.js';
import { halvePlaces } from './windows.js';

/** Options of {@link brisque}. */
export interface BrisqueOptions extends MetricOptions {
  /** The regression, or the path of its JSON file; by default the authors'. */
  readonly model?: ModelSource<BrisqueModel>;
}

/**
 * Blind/referenceless image spatial quality evaluator (Mittal, Moorthy and Bovik 2012): about 0 at best and 100 at
 * worst, not clamped. Of the luminance, rounded to 0 ... 255. Flat frames are refused. Rejects with ArgumentError,
 * ImageError or ModelError.
 */
export async function brisque(frame: MetricInput, options: BrisqueOptions = {}): Promise<number> {
  checkMetricOptions(options, ['model']);
  const { model } = options;
  const regression = model === undefined ? undefined : await loadModel<BrisqueModel>('brisque', model);
  return measureMetric(brisqueMetric(regression), [frame], options);
}

/** {@link brisque}. @param model the authors' by default */
export function brisqueMetric(model?: BrisqueModel): Metric<number> {
  return {
    name: 'brisque',
    measure: async (scope, frame) => {
      const regression = model ?? (await packagedModel<BrisqueModel>('brisque', 'brisque'));
      const features = await measureScene(scope, frame);
      if (features.some(Number.isNaN)) throw new ImageError('IMAGE_INVALID', 'BRISQUE needs a frame that is not flat');
      return predict(regression, features);
    },
  };
}

/** The features of the pixels that count. */
async function measureScene(scope: Scope, measured: MeasuredFrame): Promise<Float64Array> {
  const { isa, threads, signal } = scope;
  const pauses = new Pauses(signal);
  const grey = await measured.withoutGaps(pauses);
  const { valid } = measured;
  const masks = valid && { valid, halvedValid: (await halvePlaces(measured.places, pauses)).data };
  return scope.call((binding, ticket) => binding.measureScene(grey, { isa, threads, ...masks }, ticket));
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
