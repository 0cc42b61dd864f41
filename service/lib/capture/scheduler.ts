import type { Capture } from './capture.js';

/** A waiting capture rises by one priority in this time, so that none waits for ever. */
export const AGING_MS = 60_000;

/** Priority with what waiting has added. It has no upper end: the oldest always comes at last. */
export function effectivePriority(capture: Capture, now: number): number {
  const waitedMs = Math.max(0, now - capture.times.created);
  return capture.request.priority + Math.floor(waitedMs / AGING_MS);
}

/** Negative where `a` comes before `b`: by priority with aging, then the earlier deadline, then the older request. */
export const compareUrgency = (a: Capture, b: Capture, now: number): number =>
  effectivePriority(b, now) - effectivePriority(a, now) || compareDue(a, b);

/** Among those of the same priority: the earlier deadline, then the older request. */
export function compareDue(a: Capture, b: Capture): number {
  const [deadlineA, deadlineB] = [a, b].map((capture) => capture.request.deadline ?? Number.POSITIVE_INFINITY);
  // Two infinities have no difference.
  if (deadlineA !== deadlineB) return deadlineA! < deadlineB! ? -1 : 1;
  return a.order - b.order;
}

/** When a capture that has no frame yet is given up, or null: its expiry or its deadline, whichever comes first. */
export function givesUpAt(capture: Capture): number | null {
  const { expiresAt, deadline } = capture.request;
  if (expiresAt === null || deadline === null) return expiresAt ?? deadline;
  return Math.min(expiresAt, deadline);
}

/** What waits: of one app, or of all. */
export interface QueueLoad {
  readonly captures: number;
  /** Of raw files whose product is not stored yet. */
  readonly bytes: number;
}

/**
 * Why one more request is not taken, or null where it is.
 * @param who whose queue it is, for the message
 */
export function refusal(who: string, load: QueueLoad, limit: QueueLoad): string | null {
  if (load.captures >= limit.captures) return `${load.captures} captures of ${who} wait, and ${limit.captures} may`;
  if (load.bytes < limit.bytes) return null;
  return `${load.bytes} bytes of raw frames of ${who} wait, and ${limit.bytes} may`;
}

/** What a camera that sends frames on its own is answered when its queue is full. */
export type Overflow = 'drop-oldest-raw' | 'drop-newest' | 'block';

/** What to do with a frame that came unasked. */
export type PushDecision =
  | { readonly take: true; readonly drop: Capture | null }
  | { readonly take: false; readonly wait: boolean };

/** What a camera has in the queue. */
export interface CameraLoad {
  /** Captures in any state that is not final. */
  readonly captures: number;
  /** The oldest one that waits to be restored. */
  readonly oldest: Capture | null;
}

/**
 * Whether a pushed frame is taken, and which waiting capture of that camera goes for it. A frame that is being restored
 * never goes.
 */
export function decidePush({ captures, oldest }: CameraLoad, most: number, overflow: Overflow): PushDecision {
  if (captures < most) return { take: true, drop: null };
  if (overflow === 'block') return { take: false, wait: true };
  if (overflow === 'drop-newest' || oldest === null) return { take: false, wait: false };
  return { take: true, drop: oldest };
}
