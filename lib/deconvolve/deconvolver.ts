import type { FloatFrame, Frame } from '../image/frame.js';
import { splitImageOptions } from '../operation/options.js';
import { FrameRestorer } from '../restoration/frame-restorer.js';
import type { RestoreInput, RestoreOptions } from '../restoration/frame-restorer.js';
import type { RestoredImage } from '../restoration/restored-image.js';
import { RUNTIME_OPTIONS, Runtime } from '../runtime/runtime.js';
import { requireObject } from '../runtime/validate.js';
import { Deconvolution } from './deconvolution.js';
import { checkDeconvolveOptions } from './options.js';
import type { DeconvolveOptions, DeconvolveSettings } from './settings.js';
import { DEFAULT_DECONVOLUTION_BUDGET } from './plan.js';
import type { DeconvolutionReport } from './report.js';

/** Restores frames whose blur is known, one at a time, in a fixed amount of memory. */
export class Deconvolver extends FrameRestorer<DeconvolutionReport> {
  /** Use {@link Deconvolver.open}. @internal */
  constructor(runtime: Runtime, settings: DeconvolveSettings, fallbackReason: string | null) {
    super(runtime, new Deconvolution(runtime, settings, fallbackReason));
  }

  /** Reads the kernels. Rejects with ArgumentError, ImageError, IsaError or NativeError. */
  static async open(options: DeconvolveOptions): Promise<Deconvolver> {
    const settings = await checkDeconvolveOptions(options, 'options', RUNTIME_OPTIONS);
    return new Deconvolver(Runtime.of(options, DEFAULT_DECONVOLUTION_BUDGET), settings, null);
  }
}

/** Restores one frame whose blur is known; for several of one size, a {@link Deconvolver} maps memory once. */
export async function deconvolve(
  input: RestoreInput,
  options: DeconvolveOptions & RestoreOptions,
): Promise<RestoredImage<Frame, DeconvolutionReport>>;
export async function deconvolve(
  input: FloatFrame,
  options: DeconvolveOptions & RestoreOptions,
): Promise<RestoredImage<FloatFrame, DeconvolutionReport>>;
export async function deconvolve(
  input: RestoreInput | FloatFrame,
  options: DeconvolveOptions & RestoreOptions,
): Promise<RestoredImage<Frame | FloatFrame, DeconvolutionReport>> {
  requireObject('options', options);
  const [ofImage, own] = splitImageOptions(options);
  await using deconvolver = await Deconvolver.open(own);
  return await deconvolver.restore(input as Frame, ofImage);
}
