import type { HalfSpectrum } from '../../fft/shape.js';
import type { Transform } from '../../fft/transform.js';

/** A transfer function on a plan's grid that a kernel shall have, and how much each frequency of it counts, 0 to 1. */
export interface KernelProblem {
  readonly plan: Transform;
  readonly transfer: HalfSpectrum;
  readonly weights: Float64Array;
  /** Reach of the kernel from its centre, in pixels. */
  readonly radius: number;
}
