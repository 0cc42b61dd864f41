import { garbage } from '../runtime/garbage.js';
import type { Scope } from '../runtime/scope.js';

/** Counts memory that nothing refers to any more; it is collected once there is too much of it. */
export function discard({ binding }: Scope, bytes: number): void {
  garbage.add(bytes);
  garbage.settle(() => binding.trimHeap());
}
