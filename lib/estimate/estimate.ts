import type { ImageInput } from '../image/reading.js';
import { perform } from '../operation/perform.js';
import { toInputs } from '../operation/options.js';
import type { OperationReport } from '../operation/report.js';
import { Runtime } from '../runtime/runtime.js';
import { Scope } from '../runtime/scope.js';
import type { BlurOfKind, EstimateKind } from './blur.js';
import { estimateOperation } from './operation.js';
import type { BlurEstimate, CameraEstimate } from './operation.js';
import type { ReferenceEstimate } from './reference/reference-estimate.js';
import { checkEstimateOptions } from './settings.js';
import type { EstimateOptions } from './settings.js';

/** What a frame tells of the camera that took it, and how the estimate went. */
export interface Estimate<Blur extends BlurEstimate = BlurEstimate> extends CameraEstimate<Blur> {
  /** Size of the frame in pixels. */
  readonly width: number;
  readonly height: number;
  readonly report: OperationReport;
}

/**
 * Estimates the blur and the noise of a frame: a file's path, its bytes, or pixels of 8, 16 or 32 bits, at least 16 a
 * side. An estimate that cannot be made is `declined` with a reason. See docs/estimation.md. Rejects with
 * ArgumentError, ImageError, BudgetError, IsaError, NativeError, or the reason of `signal`.
 */
export async function estimate(
  input: ImageInput,
  options: EstimateOptions & Required<Pick<EstimateOptions, 'reference'>>,
): Promise<Estimate<ReferenceEstimate>>;
export async function estimate<Kind extends EstimateKind = 'auto'>(
  input: ImageInput,
  options?: Omit<EstimateOptions, 'reference'> & { readonly kind?: Kind },
): Promise<Estimate<BlurOfKind[Kind]>>;
export async function estimate(input: ImageInput, options: EstimateOptions = {}): Promise<Estimate> {
  const settings = checkEstimateOptions(options);
  const runtime = Runtime.of(options);
  using scope = new Scope(runtime, options);
  const { reference } = options;
  const images = reference === undefined ? [input] : [input, reference];
  const inputs = toInputs(images, options, ['input', 'reference']);
  using performed = await perform(estimateOperation(settings, runtime), inputs, scope);
  const { width, height } = performed.sources[0]!.header;
  return { width, height, ...performed.outcome, report: performed.report };
}
