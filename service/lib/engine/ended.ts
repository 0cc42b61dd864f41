import type { EventType } from '../capture/capture.js';
import { ServiceError } from '../errors.js';
import type { Store } from '../store/store.js';

/** Why work on a capture ends: it is cancelled, or its time is over. */
export class CaptureEnded extends ServiceError {
  constructor(id: string, how: EventType) {
    super('STATE', `Capture ${id} is ${how}`);
  }
}

const ENDS: readonly EventType[] = ['cancelled', 'expired', 'failed', 'rejected'];

/** A signal that aborts when a capture ends by somebody else's doing. */
export function watchEnd(store: Store, id: string): { readonly signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  const close = store.onEvent(({ captureId, type }) => {
    if (captureId === id && ENDS.includes(type)) controller.abort(new CaptureEnded(id, type));
  });
  return { signal: controller.signal, close };
}
