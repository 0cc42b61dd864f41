import type { Moment } from '../clock.js';
import { StateError } from '../errors.js';
import type { Capture, CaptureState, EventType, Level, ModelFacts, StoredFile } from './capture.js';

/** Where a capture may go from each state. */
const ARROWS: Readonly<Record<CaptureState, readonly CaptureState[]>> = {
  requested: ['acquiring', 'rejected', 'failed', 'expired', 'cancelled'],
  acquiring: ['acquired', 'requested', 'rejected', 'failed', 'expired', 'cancelled'],
  acquired: ['restoring', 'failed', 'cancelled'],
  restoring: ['stored', 'acquired', 'failed', 'cancelled'],
  stored: [],
  rejected: [],
  failed: [],
  expired: [],
  cancelled: [],
};

/** What a product's commit says of it. */
export interface StoredFacts {
  readonly level: Level;
  readonly levelReason: string;
  readonly model: ModelFacts | null;
  readonly product: StoredFile;
  readonly thumbnail: StoredFile | null;
  readonly report: unknown;
}

/** One step of the state machine. `requested` and `acquired` with a reason go back into the queue. */
export type CaptureChange =
  | { readonly to: 'acquiring' }
  | { readonly to: 'restoring' }
  | { readonly to: 'requested'; readonly reason: string }
  | { readonly to: 'acquired'; readonly raw: StoredFile; readonly acquiredAt: number }
  | { readonly to: 'acquired'; readonly reason: string }
  | { readonly to: 'stored'; readonly facts: StoredFacts }
  | { readonly to: 'rejected' | 'failed' | 'expired' | 'cancelled'; readonly reason: string };

/** What may happen to a stored product. */
export type Mark = 'acked' | 'released' | 'evicted';

/** A capture after a step, and what the log says of it. */
export interface Step {
  readonly capture: Capture;
  readonly type: EventType;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Whether nothing more will happen to a capture but acknowledgement and retention. */
export const isTerminal = (state: CaptureState): boolean => ARROWS[state].length === 0;

/** Whether there is an arrow between two states. */
export const mayGo = (from: CaptureState, to: CaptureState): boolean => ARROWS[from].includes(to);

/** One step at a time `now`. Throws StateError where there is no such arrow; the capture itself is never changed. */
export function step(capture: Capture, change: CaptureChange, now: Moment): Step {
  if (!mayGo(capture.state, change.to)) {
    const ways = ARROWS[capture.state];
    const next = ways.length > 0 ? `from there it can become ${ways.join(', ')}` : 'that is final';
    throw new StateError(`Capture ${capture.id} is ${capture.state} and cannot become ${change.to}: ${next}`);
  }
  const reason = 'reason' in change ? change.reason : null;
  const times = isTerminal(change.to) ? { ...capture.times, ended: now.service } : capture.times;
  const moved: Capture = { ...capture, state: change.to, reason, times };
  return { capture: { ...moved, ...gained(capture, change, now) }, type: change.to, detail: told(change) };
}

/** The fields that a step fills in. */
function gained(capture: Capture, change: CaptureChange, now: Moment): Partial<Capture> {
  if (change.to === 'acquiring') return { attempts: capture.attempts + 1 };
  if (change.to === 'restoring') return { restorations: capture.restorations + 1 };
  if (change.to === 'acquired' && 'raw' in change) return { raw: change.raw, acquiredAt: change.acquiredAt };
  if (change.to !== 'stored') return {};
  const holdUntil = now.service + capture.request.holdForSeconds * 1000;
  return { ...change.facts, storedAt: now.wall, retention: 'held', holdUntil };
}

/** What the log says of a step. */
function told(change: CaptureChange): Readonly<Record<string, unknown>> {
  if (change.to === 'stored') return { level: change.facts.level, sha256: change.facts.product.sha256 };
  if ('raw' in change) return { sha256: change.raw.sha256 };
  return 'reason' in change ? { reason: change.reason } : {};
}

/**
 * Acknowledges, releases or evicts a stored product. Null where that has happened before: nothing changes, and there is
 * no second event. Throws StateError where there is no product, or where one that is held is to be evicted.
 */
export function mark(capture: Capture, what: Mark): Step | null {
  if (capture.state !== 'stored' || capture.retention === null) {
    const verb = { acked: 'acknowledged', released: 'released', evicted: 'evicted' }[what];
    throw new StateError(`Capture ${capture.id} is ${capture.state}: only a stored one can be ${verb}`);
  }
  const { retention } = capture;
  if (what === 'acked') {
    if (capture.acked) return null;
    return marked({ ...capture, acked: true, retention: retention === 'held' ? 'released' : retention }, what);
  }
  if (retention === 'evicted' || retention === what) return null;
  if (what === 'released') return marked({ ...capture, retention: 'released' }, what);
  if (retention === 'held') {
    throw new StateError(`Capture ${capture.id} is held: only a released product can be evicted`);
  }
  return marked({ ...capture, retention: 'evicted' }, what);
}

/** A stored product that was damaged, made anew. Throws StateError where there is none, or where it was evicted. */
export function repair(capture: Capture, facts: StoredFacts): Step {
  if (capture.state === 'stored' && capture.retention !== null && capture.retention !== 'evicted') {
    const detail = { level: facts.level, sha256: facts.product.sha256 };
    return { capture: { ...capture, ...facts }, type: 'repaired', detail };
  }
  throw new StateError(`Capture ${capture.id} is ${capture.retention ?? capture.state}: no product to make anew`);
}

/** Holds a stored product from now on, whatever held or released it before. Throws StateError where there is none. */
export function hold(capture: Capture, seconds: number, now: Moment): Step {
  if (capture.state === 'stored' && capture.retention !== null && capture.retention !== 'evicted') {
    const holdUntil = now.service + 1000 * seconds;
    const detail = { until: now.wall + 1000 * seconds };
    return { capture: { ...capture, retention: 'held', holdUntil }, type: 'held', detail };
  }
  const state = capture.retention ?? capture.state;
  throw new StateError(`Capture ${capture.id} is ${state}: only a stored one that has not been evicted can be held`);
}

const marked = (capture: Capture, type: Mark): Step => ({ capture, type, detail: {} });
