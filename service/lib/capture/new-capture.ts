import type { Moment } from '../clock.js';
import type { Capture } from './capture.js';
import type { CheckedRequest } from './request.js';

/** A capture that has just been asked for. */
export function newCapture(order: number, app: string, id: string, checked: CheckedRequest, now: Moment): Capture {
  return {
    id,
    order,
    app,
    request: checked.request,
    requestSha256: checked.sha256,
    state: 'requested',
    reason: null,
    times: { created: now.service, ended: null },
    createdAt: now.wall,
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
  };
}
