import type { Capture, CaptureRequest } from '../../lib/capture/capture.js';
import { newCapture } from '../../lib/capture/new-capture.js';
import { REQUEST_DEFAULTS } from '../../lib/capture/request.js';

/** A capture that has just been requested, with what a test wants otherwise. */
export function makeCapture(
  order: number,
  changes: Partial<Capture> = {},
  request: Partial<CaptureRequest> = {},
): Capture {
  const defaults = { ...REQUEST_DEFAULTS, camera: 'main', expiresAt: null, deadline: null, params: {} };
  const checked = { request: { ...defaults, ...request }, sha256: '0'.repeat(64) };
  const wall = changes.times?.created ?? 1_000_000;
  const service = changes.createdAt ?? 1_000_000;
  return { ...newCapture(order, 'app', uuidOf(order), checked, { service, wall }), ...changes };
}

/** The same id for the same number. */
export const uuidOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
