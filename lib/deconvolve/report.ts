import type { FrameReport } from '../restoration/restoration.js';
import type { DeconvolutionMethod } from '../runtime/native/binding.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import type { KernelFacts } from '../psf/facts.js';
import type { Defects } from './defects/report.js';
import type { MethodNumbers } from './methods/method.js';
import type { DeconvolutionPlan } from './plan.js';
import type { StopReason } from './stop.js';

/** What a deconvolution found out on its way. */
export interface DeconvolutionFacts extends MethodNumbers {
  /** The same for all planes and tiles. */
  readonly iterations: number;
  readonly stopReason: StopReason;
  /** For all planes and tiles together; 0 without iterations. */
  readonly secondsPerIteration: number;
  /** Standard deviation of the noise, given or estimated, 1 being full scale. */
  readonly sigma: number;
  /** Mean squared difference of the frame and the blurred result, 1 being full scale; mean over planes and tiles. */
  readonly residual: number;
  /** Samples that were left out; null: none were looked for, and none were known. */
  readonly defects: Defects | null;
  /** Light of the result over that of the frame; 1 is kept. */
  readonly energy: number;
}

/** What the checks of a deconvolution have seen. */
export interface DeconvolutionIntegrity {
  readonly mode: IntegrityMode;
  /** How often the frame was begun again; of windows, the sum, and so on. */
  readonly restarts: number;
  /** How often the frame was deconvolved to its end. */
  readonly computations: number;
  /** How often a computation gave other bytes than one before it; only 'twice' compares them. */
  readonly differences: number;
}

/** How a deconvolution went. */
export interface DeconvolutionReport extends FrameReport<DeconvolutionPlan>, DeconvolutionFacts {
  readonly operation: 'deconvolve';
  readonly method: DeconvolutionMethod;
  /** Where integrity is not 'off'. */
  readonly integrity?: DeconvolutionIntegrity;
  /** Why a restorer deconvolved instead of using its network; null where deconvolution was asked for. */
  readonly fallbackReason: string | null;
  /** The kernel that was estimated, in words; null where one was given. */
  readonly estimatedPsf: string | null;
  /** What the kernels imply as they were given, one per colour that has its own; of a field one per node. */
  readonly kernels: readonly KernelFacts[];
}
