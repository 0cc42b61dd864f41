import type { OperationOptions } from '../../lib/runtime/progress.js';
import { Runtime } from '../../lib/runtime/runtime.js';
import type { RuntimeChoice } from '../../lib/runtime/runtime.js';
import { Scope } from '../../lib/runtime/scope.js';

/** What a part of an operation works under; on one thread unless said otherwise. */
export function scopeOf(choice: RuntimeChoice = {}, options: OperationOptions = {}): Scope {
  return new Scope(Runtime.of({ threads: 1, ...choice }), options);
}
