import { fft } from '../../fft/fft.js';
import type { FftPlan } from '../../fft/fft.js';
import type { Scope } from '../../runtime/scope.js';

/** A plan of transforms of planes of one size, with the scope's threads and instruction set. */
export function planImage({ isa, threads }: Scope, rows: number, columns: number): Promise<FftPlan> {
  return fft.plan({ rows, columns, isa, threads });
}
