import type { Capture } from './capture.js';

/** A waiting capture rises by one priority in this time, so that none waits for ever. */
export const AGING_MS = 60_000;

/** Priority with what waiting has added. It has no upper end: the oldest always comes at last. */
export function effectivePriority(capture: Capture, now: number): number {
  const waitedMs = Math.max(0, now - capture.times.created);
  return capture.request.priority + Math.floor(waitedMs / AGING_MS);
}

/** Negative where `a` comes before `b`: by priority with aging, then the earlier deadline, then the older request. */
export function compareUrgency(a: Capture, b: Capture, now: number): number {
  const byPriority = effectivePriority(b, now) - effectivePriority(a, now);
  if (byPriority !== 0) return byPriority;
  const [deadlineA, deadlineB] = [a, b].map((capture) => capture.request.deadline ?? Number.POSITIVE_INFINITY);
  // Two infinities have no difference.
  if (deadlineA !== deadlineB) return deadlineA! < deadlineB! ? -1 : 1;
  return a.order - b.order;
}

/** The most urgent of some captures, or null. */
function mostUrgent(captures: readonly Capture[], now: number): Capture | null {
  return captures.reduce<Capture | null>(
    (best, capture) => (best === null || compareUrgency(capture, best, now) < 0 ? capture : best),
    null,
  );
}

/** What is to be restored next, or null. */
export const nextToRestore = (live: readonly Capture[], now: number): Capture | null =>
  mostUrgent(
    live.filter((capture) => capture.state === 'acquired'),
    now,
  );

/** What a camera that is free is to take next, or null. */
export const nextToAcquire = (live: readonly Capture[], camera: string, now: number): Capture | null =>
  mostUrgent(
    live.filter(
      (capture) => capture.state === 'requested' && capture.request.camera === camera && !isLate(capture, now),
    ),
    now,
  );

/** When a capture that has no frame yet is given up, or null: its expiry or its deadline, whichever comes first. */
export function givesUpAt(capture: Capture): number | null {
  const { expiresAt, deadline } = capture.request;
  if (expiresAt === null || deadline === null) return expiresAt ?? deadline;
  return Math.min(expiresAt, deadline);
}

/** Captures without a frame that are to become `expired` now. */
export const overdue = (live: readonly Capture[], now: number): Capture[] =>
  live.filter((capture) => isLate(capture, now));

function isLate(capture: Capture, now: number): boolean {
  if (capture.state !== 'requested' && capture.state !== 'acquiring') return false;
  const end = givesUpAt(capture);
  return end !== null && end < now;
}

/** What waits: of one app, or of all. */
export interface QueueLoad {
  readonly captures: number;
  /** Of raw files whose product is not stored yet. */
  readonly bytes: number;
}

/** The load of some live captures. */
export const loadOf = (live: readonly Capture[]): QueueLoad => ({
  captures: live.length,
  bytes: live.reduce((sum, capture) => sum + (capture.raw?.bytes ?? 0), 0),
});

/**
 * Why one more request is not taken, or null where it is.
 * @param who whose queue it is, for the message
 */
export function refusal(who: string, load: QueueLoad, limit: QueueLoad): string | null {
  if (load.captures >= limit.captures) return `${load.captures} captures of ${who} wait, and ${limit.captures} may`;
  if (load.bytes < limit.bytes) return null;
  return `${load.bytes} bytes of raw frames of ${who} wait, and ${limit.bytes} may`;
}

/** After how many seconds to try again: what one of those that wait will take, from 1 second to 10 minutes. */
export const retryAfterSeconds = (secondsPerCapture: number): number =>
  Math.min(600, Math.max(1, Math.ceil(Number.isFinite(secondsPerCapture) ? secondsPerCapture : 1)));

/** What a camera that sends frames on its own is answered when its queue is full. */
export type Overflow = 'drop-oldest-raw' | 'drop-newest' | 'block';

/** What to do with a frame that came unasked. */
export type PushDecision =
  | { readonly take: true; readonly drop: Capture | null }
  | { readonly take: false; readonly wait: boolean };

/**
 * Whether a pushed frame is taken, and which waiting capture of that camera goes for it. A frame that is being restored
 * never goes.
 */
export function decidePush(live: readonly Capture[], camera: string, most: number, overflow: Overflow): PushDecision {
  const own = live.filter((capture) => capture.request.camera === camera);
  if (own.length < most) return { take: true, drop: null };
  if (overflow === 'block') return { take: false, wait: true };
  const waiting = own.filter((capture) => capture.state === 'acquired');
  const oldest = waiting.reduce<Capture | null>((best, next) => (best && best.order < next.order ? best : next), null);
  if (overflow === 'drop-newest' || oldest === null) return { take: false, wait: false };
  return { take: true, drop: oldest };
}
