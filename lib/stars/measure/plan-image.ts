import { Transform } from '../../fft/transform.js';
import type { Scope } from '../../runtime/scope.js';

/** Transforms of planes of one size. */
export function planImage(scope: Scope, rows: number, columns: number): Promise<Transform> {
  return Transform.open(scope, { kind: 'image', rows, columns, threads: scope.threads });
}
