import type { CaptureChange } from '../capture/machine.js';
import { ServiceError } from '../errors.js';
import type { Store } from '../store/store.js';

/**
 * One step of a capture, or none where it has ended in the meantime. Rejects where the disk does not take the step: it
 * is to be tried again, or the capture stays where it is for ever.
 */
export async function tryStep(store: Store, id: string, change: CaptureChange): Promise<void> {
  try {
    await store.advance(id, change);
  } catch (error) {
    if (!(error instanceof ServiceError) || !['STATE', 'UNKNOWN'].includes(error.code)) throw error;
  }
}
