import type { DeconvolutionMethod } from '../runtime/native/binding.js';
import type { RunReport } from '../restoration/run-report.js';
import type { DeconvolutionPlan } from './plan.js';

/**
 * Why no further iteration was made: the residual is down to the noise; an iteration changed little; the residual stays
 * above the noise, held up by total variation or a wrong kernel; the number asked for, or the cap, was reached; the method has a number of its own; nothing was to be restored, as all samples are 0 or
 * all are saturated, and the frame is returned as it came.
 */
export type StopReason = 'discrepancy' | 'relative-change' | 'stalled' | 'iterations' | 'cap' | 'complete' | 'blank';

/** How a deconvolution went. */
export interface DeconvolutionReport extends RunReport {
  readonly method: DeconvolutionMethod;
  /** The same for all planes and tiles. */
  readonly iterations: number;
  readonly stopReason: StopReason;
  /** For all planes and tiles together; 0 without iterations. */
  readonly secondsPerIteration: number;
  /** Standard deviation of the noise, given or estimated, 1 being full scale. */
  readonly sigma: number;
  /** Mean squared difference of the frame and the blurred result, 1 being full scale; mean over planes and tiles. */
  readonly residual: number;
  /** Light of the result over that of the frame; 1 is kept. */
  readonly energy: number;
  /** Weight of the data (hyper-Laplacian) and noise-to-signal ratio (Wiener) that were used; null for other methods. */
  readonly lambda: number | null;
  readonly nsr: number | null;
  readonly plan: DeconvolutionPlan;
  /** Why a restorer deconvolved instead of using its network; null where deconvolution was asked for. */
  readonly fallbackReason: string | null;
  /** The kernel that was estimated, in words; null where one was given. */
  readonly estimatedPsf: string | null;
}
