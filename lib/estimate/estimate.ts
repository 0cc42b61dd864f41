import type { EngineOptions } from '../runtime/machine-options.js';
import { checkEngineOptions } from '../runtime/machine-options.js';
import { ArgumentError } from '../runtime/errors.js';
import type { EncodedImage } from '../image/decode.js';
import type { FrameSource } from '../image/source.js';
import type { AnyFrame } from '../image/frame.js';
import { readPeakRss } from '../runtime/garbage.js';
import { chooseIsa } from '../runtime/native/isa.js';
import { loadBinding, translateNativeError } from '../runtime/native/loader.js';
import {
  expected,
  requireFunction,
  requireInteger,
  requireKnownKeys,
  requireNumber,
  requireOneOf,
  requireSignal,
} from '../runtime/validate.js';
import { ESTIMATE_KINDS, estimateBlur } from './blur.js';
import type { BlurOfKind, EstimateKind, EstimateProgress } from './blur.js';
import { Meter } from './meter.js';
import { estimateNoiseModel, fitNoise } from './noise.js';
import type { NoiseEstimate } from './noise.js';
import { estimateFromReference } from './reference/estimate.js';
import type { ReferenceEstimate, ReferenceOptions } from './reference/estimate.js';
import { KERNEL_SYMMETRIES } from './reference/kernel.js';
import type { KernelSymmetry } from './reference/kernel.js';
import { measureResidual } from './reference/residual.js';
import { readSource } from '../image/source.js';

export interface EstimateOptions extends Pick<EngineOptions, 'threads' | 'isa' | 'nativeBinding'> {
  /** What is looked for: 'auto' (default), 'defocus', 'motion' or 'blind'. Not with a reference, which shows any kernel. */
  readonly kind?: EstimateKind;
  /** A sharp picture of the same ground, of the same or a finer grid: the kernel is then measured against it. */
  readonly reference?: EncodedImage | AnyFrame;
  /** Pixels of the reference per pixel of the frame; by default as if both showed the same ground. */
  readonly referenceScale?: number;
  /** What a kernel measured against a reference is taken to be; by default `point`: equal to itself turned by 180 degrees, as those of lenses are. */
  readonly symmetry?: KernelSymmetry;
  /** Columns and rows of kernels over the frame, each 1 to 4, to be measured against a reference; one kernel by default. */
  readonly grid?: readonly [columns: number, rows: number];
  readonly signal?: AbortSignal;
  /** Of kind 'blind', which takes seconds. */
  readonly onProgress?: EstimateProgress;
}

/** What a blur is estimated as. */
export type BlurEstimate = BlurOfKind[EstimateKind] | ReferenceEstimate;

/** What a frame tells of the camera that took it. */
export interface Estimate<Blur extends BlurEstimate = BlurEstimate> {
  readonly width: number;
  readonly height: number;
  readonly blur: Blur;
  /** Null where no part of the frame tells it. */
  readonly noise: NoiseEstimate | null;
  /** Seconds of the estimate, without decoding. */
  readonly seconds: number;
  readonly peakRssBytes: number;
}

/** Of a grid of kernels along an axis. */
const MOST_NODES = 4;

const OPTION_KEYS: readonly (keyof EstimateOptions)[] = [
  'kind',
  'reference',
  'referenceScale',
  'symmetry',
  'grid',
  'threads',
  'isa',
  'nativeBinding',
  'signal',
  'onProgress',
];

/**
 * Estimates the blur of a frame: a file's path, its bytes, or pixels of 8, 16 or 32 bits. An estimate that cannot be made is
 * `declined` with a reason. Rejects with ArgumentError, ImageError, NativeError, or the reason of `signal`.
 */
export async function estimate(
  input: EncodedImage | AnyFrame,
  options: EstimateOptions & Required<Pick<EstimateOptions, 'reference'>>,
): Promise<Estimate<ReferenceEstimate>>;
export async function estimate<Kind extends EstimateKind = 'auto'>(
  input: EncodedImage | AnyFrame,
  options?: Omit<EstimateOptions, 'reference'> & { readonly kind?: Kind },
): Promise<Estimate<BlurOfKind[Kind]>>;
export async function estimate(input: EncodedImage | AnyFrame, options: EstimateOptions = {}): Promise<Estimate> {
  const { meter, signal, matching, kind } = checkEstimateOptions(options);
  const source = await readSource(input, signal);
  const reference = options.reference === undefined ? null : await readSource(options.reference, signal);
  const start = performance.now();
  const work = async (): Promise<Pick<Estimate, 'blur' | 'noise'>> => {
    if (!reference) {
      const [blur, noise] = await Promise.all([
        estimateBlur(meter, source, kind, signal, options.onProgress),
        estimateNoiseModel(meter, source),
      ]);
      return { blur, noise };
    }
    const blur = await estimateFromReference(source.frame, reference.frame, matching, signal);
    return {
      blur,
      noise:
        (await estimateResidualNoise(source, reference.frame, blur, signal)) ??
        (await estimateNoiseModel(meter, source)),
    };
  };
  const found = await work().catch((error: unknown) => {
    throw translateNativeError(error);
  });
  const { width, height } = source.frame;
  return { width, height, ...found, seconds: (performance.now() - start) / 1000, peakRssBytes: readPeakRss() };
}

/** The noise of what the reference leaves unexplained; null where that says nothing, as where JPEG has changed the noise. */
async function estimateResidualNoise(
  source: FrameSource,
  reference: AnyFrame,
  { kernel, kernels, registration }: ReferenceEstimate,
  signal: AbortSignal,
): Promise<NoiseEstimate | null> {
  if (!kernel || !registration || source.isJpeg) return null;
  const field = kernels ?? { columns: 1, rows: 1, kernels: [kernel] };
  const tiles = await measureResidual(source.frame, reference, registration.toReference, field, signal);
  return tiles && fitNoise(tiles, source, 'residual');
}

interface CheckedOptions {
  readonly meter: Meter;
  readonly signal: AbortSignal;
  readonly matching: ReferenceOptions;
  readonly kind: EstimateKind;
}

function checkEstimateOptions(options: EstimateOptions): CheckedOptions {
  requireKnownKeys('options', options, OPTION_KEYS);
  const {
    signal = new AbortController().signal,
    isa,
    nativeBinding,
    referenceScale: scale,
    symmetry,
    grid,
    kind = 'auto',
  } = options;
  requireSignal(signal);
  if (options.onProgress !== undefined) requireFunction('onProgress', options.onProgress);
  requireOneOf('kind', kind, ESTIMATE_KINDS);
  if (options.kind !== undefined && options.reference !== undefined) {
    throw new ArgumentError(
      `kind '${kind}' cannot be used with a reference, which shows a kernel of any kind: leave one of them out`,
    );
  }
  if (scale !== undefined) requireNumber('referenceScale', scale, 0.5, 100);
  if (symmetry !== undefined) requireOneOf('symmetry', symmetry, KERNEL_SYMMETRIES);
  if (grid !== undefined) checkGrid(grid, options.reference !== undefined);
  const { threads } = checkEngineOptions(options, '1GB');
  const binding = loadBinding(nativeBinding);
  const matching = {
    ...(scale !== undefined && { scale }),
    ...(symmetry !== undefined && { symmetry }),
    ...(grid !== undefined && { grid }),
  };
  return { meter: new Meter({ binding, isa: chooseIsa(binding, isa), threads }, signal), signal, matching, kind };
}

function checkGrid(grid: readonly number[], hasReference: boolean): void {
  if (!Array.isArray(grid) || grid.length !== 2) throw expected('[columns, rows]', 'grid', grid);
  grid.forEach((nodes, axis) => {
    requireInteger(axis === 0 ? 'columns of the grid' : 'rows of the grid', nodes, 1, MOST_NODES);
  });
  if (!hasReference) throw new ArgumentError('A grid of kernels needs a reference');
}
