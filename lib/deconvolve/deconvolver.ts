import { ENGINE_OPTIONS, checkEngineOptions } from '../runtime/machine-options.js';
import { FrameRestorer } from '../restoration/frame-restorer.js';
import type { RestoreInput, RestoreOptions } from '../restoration/frame-restorer.js';
import type { FloatFrame, Frame } from '../image/frame.js';
import { chooseIsa } from '../runtime/native/isa.js';
import { loadBinding } from '../runtime/native/loader.js';
import type { RestoredImage } from '../restoration/restored-image.js';
import { DeconvolutionEngine } from './engine.js';
import { checkDeconvolveOptions } from './options.js';
import type { DeconvolveOptions } from './options.js';
import { DEFAULT_DECONVOLUTION_BUDGET } from './plan.js';
import type { DeconvolutionReport } from './report.js';

/** Restores frames whose blur is known, one at a time, in a fixed amount of memory. */
export class Deconvolver extends FrameRestorer<DeconvolutionReport> {
  /** Reads the kernels. Throws ArgumentError, ImageError, IsaError or NativeError. */
  static async open(options: DeconvolveOptions): Promise<Deconvolver> {
    const settings = await checkDeconvolveOptions(options, 'options', ENGINE_OPTIONS);
    const context = checkEngineOptions(options, DEFAULT_DECONVOLUTION_BUDGET);
    const binding = loadBinding(options.nativeBinding);
    const engine = new DeconvolutionEngine(binding, chooseIsa(binding, options.isa), settings, context);
    return new Deconvolver(engine, () => binding.trimHeap(), 0);
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
  { signal, onProgress, valid, ...options }: DeconvolveOptions & RestoreOptions,
): Promise<RestoredImage<Frame | FloatFrame, DeconvolutionReport>> {
  await using deconvolver = await Deconvolver.open(options);
  const run = { ...(signal && { signal }), ...(onProgress && { onProgress }), ...(valid && { valid }) };
  return await deconvolver.restore(input as Frame, run);
}
