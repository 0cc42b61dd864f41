import type { Runtime } from '../../runtime/runtime.js';
import { defined } from '../../runtime/validate.js';
import type { StarFit } from '../measure/fit.js';
import { AttitudeTracker } from './attitude-tracker.js';
import type { AttitudeTrackerOptions, TrackedAttitude } from './attitude-tracker.js';

/** Longer than any attitude is foretold: the sky is searched. */
const UNKNOWN_SECONDS = 2e6;

/** The attitudes of frames of which intervals are known, or not. */
export class FrameAttitudes {
  readonly #tracker: AttitudeTracker;
  #seconds = 0;

  private constructor(tracker: AttitudeTracker) {
    this.#tracker = tracker;
  }

  /** Null: nothing is asked. Rejects as AttitudeTracker. */
  static async open(options: AttitudeTrackerOptions | undefined, runtime: Runtime): Promise<FrameAttitudes | null> {
    if (options === undefined) return null;
    return new FrameAttitudes(await AttitudeTracker.open({ ...options, runtime }));
  }

  /** @param intervalSeconds since the frame before; undefined: unknown */
  async next(
    stars: readonly StarFit[],
    intervalSeconds: number | undefined,
    signal: AbortSignal,
  ): Promise<TrackedAttitude> {
    const seconds = this.#seconds + (intervalSeconds ?? UNKNOWN_SECONDS);
    const attitude = await this.#tracker.next(stars, { seconds, ...defined({ signal }) });
    this.#seconds = seconds;
    return attitude;
  }

  async dispose(): Promise<void> {
    await this.#tracker.dispose();
  }
}
