import { fft } from '../fft/fft.js';
import type { FftPlan } from '../fft/fft.js';
import type { Scope } from '../runtime/scope.js';

/** A plan of transforms of images of a size. They are small: one thread does. */
export function planImage({ isa }: Scope, rows: number, columns: number): Promise<FftPlan> {
  return fft.plan({ rows, columns, isa, threads: 1 });
}
