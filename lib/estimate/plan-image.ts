import { Transform } from '../fft/transform.js';
import type { Scope } from '../runtime/scope.js';

/** Transforms of images of a size. They are small: one thread does. */
export function planImage(scope: Scope, rows: number, columns: number): Promise<Transform> {
  return Transform.open(scope, { kind: 'image', rows, columns, threads: 1 });
}
