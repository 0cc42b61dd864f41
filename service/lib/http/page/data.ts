import type { Capture, CaptureEvent, PublicCapture } from '../../capture/capture.js';
import type { StoreHealth, StoreUsage } from '../../store/store.js';
import type { CameraStatus } from '../context.js';
import type { HourOfProducts } from '../tally.js';
import type { Health, Vitals } from '../vitals.js';

/** What the status page shows. */
export interface PageData {
  /** The app whose captures are shown; null for all. */
  readonly app: string | null;
  readonly version: string;
  readonly lastSeq: number;
  readonly health: Health;
  readonly vitals: Vitals;
  readonly cameras: readonly CameraStatus[];
  /** The oldest of those that wait or are worked on. */
  readonly queue: readonly PublicCapture[];
  /** How many there are in all. */
  readonly queued: number;
  /** The last products, newest first. */
  readonly products: readonly Capture[];
  /** The capture that is shown before and after. */
  readonly viewed: Capture | null;
  readonly hours: readonly HourOfProducts[];
  readonly usage: StoreUsage;
  readonly storeHealth: StoreHealth;
  /** The last events, newest first. */
  readonly events: readonly CaptureEvent[];
}
