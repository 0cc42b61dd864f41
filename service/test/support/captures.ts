import type { Capture, CaptureRequest } from '../../lib/capture/capture.js';
import { REQUEST_DEFAULTS } from '../../lib/capture/request.js';

/** A capture that has just been requested, with what a test wants otherwise. */
export function makeCapture(
  order: number,
  changes: Partial<Capture> = {},
  request: Partial<CaptureRequest> = {},
): Capture {
  return {
    id: uuidOf(order),
    order,
    app: 'app',
    request: { ...REQUEST_DEFAULTS, camera: 'main', expiresAt: null, deadline: null, params: {}, ...request },
    requestSha256: '0'.repeat(64),
    state: 'requested',
    reason: null,
    createdAt: changes.times?.created ?? 1_000_000,
    times: { created: changes.createdAt ?? 1_000_000, ended: null },
    acquiredAt: null,
    storedAt: null,
    level: null,
    levelReason: null,
    model: null,
    attempts: 0,
    restorations: 0,
    raw: null,
    product: null,
    thumbnail: null,
    retention: null,
    holdUntil: null,
    acked: false,
    report: null,
    ...changes,
  };
}

/** The same id for the same number. */
export const uuidOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
