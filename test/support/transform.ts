import { Transform } from '../../lib/fft/transform.js';
import { Runtime } from '../../lib/index.js';
import { Scope } from '../../lib/runtime/scope.js';

/** Transforms of images, as operations use them. */
export function openTransform(rows: number, columns: number): Promise<Transform> {
  return Transform.open(new Scope(Runtime.of({})), { kind: 'image', rows, columns, threads: 1 });
}
