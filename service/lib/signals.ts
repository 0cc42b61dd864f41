/**
 * Works with a signal that aborts as soon as one of several does. Nothing is left behind on them: `AbortSignal.any`
 * leaves an entry on every signal that outlives it, for ever.
 */
export async function withAnyOf<T>(
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const removers = signals.map((signal) => {
    const abort = (): void => controller.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    return () => signal.removeEventListener('abort', abort);
  });
  try {
    return await work(controller.signal);
  } finally {
    for (const remove of removers) remove();
  }
}

/** Why waiting ends that nobody needs any more: one for all, since each error of its own costs a look at the stack. */
export const OVER = new Error('over');

/** Resolves once a signal has aborted; leaves nothing behind on it once `over` has, and never resolves then. */
export function whenAborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const onAbort = (): void => resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    over.addEventListener('abort', () => signal.removeEventListener('abort', onAbort), { once: true });
  });
}
