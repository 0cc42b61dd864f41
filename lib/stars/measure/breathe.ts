import { setImmediate } from 'node:timers/promises';
import type { Scope } from '../../runtime/scope.js';

/** Values that are looked at between two turns of the event loop: some milliseconds. */
const AT_ONCE = 2 ** 18;

/**
 * To be called before each row of work on this thread: now and then it lets others have a turn. Rejects with the reason
 * of the scope's signal. @param row that comes next @param width values of a row
 */
export async function breathe(row: number, width: number, scope: Scope): Promise<void> {
  if (row % Math.max(1, Math.floor(AT_ONCE / width)) !== 0) return;
  await setImmediate();
  scope.signal.throwIfAborted();
}
