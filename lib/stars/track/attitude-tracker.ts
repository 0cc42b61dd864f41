import { multiply, rotationOf, scale } from '../../math/linear.js';
import type { Matrix3, Vector } from '../../math/linear.js';
import { ArgumentError } from '../../runtime/errors.js';
import { requireNumber } from '../../runtime/validate.js';
import type { SeenStar } from '../identify/field.js';
import type { DeclinedReason, Identification, Solved } from '../identify/identification.js';
import { StarIdentifier } from '../identify/identifier.js';
import type { IdentifierOptions, IdentifyOptions } from '../identify/options.js';
import type { AttitudePrior } from '../identify/prior.js';
import { toRad } from '../sky/angles.js';
import { turnRateOf } from './turn-rate.js';
import type { TimedAttitude, TurnRate } from './turn-rate.js';

/** How attitudes are followed. */
export interface AttitudeTrackerOptions extends IdentifierOptions {
  /** How fast rates may change, in degrees a second squared, 0 to 1e4; 1. */
  readonly accelerationDegrees?: number;
  /** An attitude that is not confirmed is foretold for so long, in seconds, 0 to 1e6; 3. Then the sensor is lost. */
  readonly patienceSeconds?: number;
}

/** What is known of a frame. */
export interface NextAttitudeOptions extends Omit<IdentifyOptions, 'prior'> {
  /** Of the middle of its exposure, from any origin, -1e12 to 1e12: later than that of the frame before. */
  readonly seconds: number;
}

/** Where a sensor looks, and how that is known. */
export type TrackedAttitude = (
  | {
      /** 'identified': of the whole sky. 'tracked': of the stars where they were expected. */
      readonly mode: 'identified' | 'tracked';
      readonly solution: Solved;
    }
  | {
      /** No attitude for this frame. */
      readonly mode: 'lost';
      readonly solution: null;
      readonly reason: DeclinedReason;
    }
) & {
  /** From this and earlier attitudes, without a gyroscope; null until there are two. */
  readonly turn: TurnRate | null;
  /** From the call to the result. */
  readonly latencyMs: number;
};

/** Attitudes that are kept. */
const MOST_KEPT = 10;

/** Follows the attitude of a sensor from frame to frame: lost, identified, tracked. Takes one frame at a time. */
export class AttitudeTracker implements AsyncDisposable {
  readonly #identifier: StarIdentifier;
  readonly #accelerationRad: number;
  readonly #patienceSeconds: number;
  #attitudes: readonly TimedAttitude[] = [];
  #latest: Solved | null = null;
  #seconds = -Infinity;

  private constructor(identifier: StarIdentifier, accelerationDegrees: number, patienceSeconds: number) {
    this.#identifier = identifier;
    this.#accelerationRad = toRad(accelerationDegrees);
    this.#patienceSeconds = patienceSeconds;
  }

  /** Rejects as `StarIdentifier.open`. */
  static async open(options: AttitudeTrackerOptions): Promise<AttitudeTracker> {
    const { accelerationDegrees = 1, patienceSeconds = 3, ...rest } = options;
    requireNumber('accelerationDegrees', accelerationDegrees, 0, 1e4);
    requireNumber('patienceSeconds', patienceSeconds, 0, 1e6);
    return new AttitudeTracker(await StarIdentifier.open(rest), accelerationDegrees, patienceSeconds);
  }

  /**
   * The next frame. Rejects as `StarIdentifier.identify`, and with ArgumentError for a frame that is not later than the
   * one before; what is known is then as it was.
   */
  async next(stars: readonly SeenStar[], options: NextAttitudeOptions): Promise<TrackedAttitude> {
    const begin = performance.now();
    const { seconds, ...rest } = options;
    requireNumber('seconds', seconds, -1e12, 1e12);
    if (!(seconds > this.#seconds))
      throw new ArgumentError(`seconds must be above ${this.#seconds}, that of the frame before, it is ${seconds}`);
    const prior = this.#expect(seconds);
    const found = await this.#identifier.identify(stars, prior === null ? rest : { ...rest, prior });
    this.#take(found, seconds);
    const turn = this.#attitudes.length === 0 ? null : turnRateOf(this.#attitudes);
    const latencyMs = performance.now() - begin;
    if (found.status === 'declined') return { mode: 'lost', solution: null, reason: found.reason, turn, latencyMs };
    return { mode: found.isFollowed ? 'tracked' : 'identified', solution: found, turn, latencyMs };
  }

  /** Ends a search under way with StateError. Idempotent. */
  async dispose(): Promise<void> {
    await this.#identifier.dispose();
  }

  /** The same as `dispose`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Where the sensor should look by now; null: nobody knows. */
  #expect(seconds: number): AttitudePrior | null {
    const last = this.#attitudes.at(-1);
    if (last === undefined || this.#latest === null || seconds - last.seconds > this.#patienceSeconds) return null;
    const turn = turnRateOf(this.#attitudes);
    const time = seconds - last.seconds;
    const { camera, magnitudeZero } = this.#latest;
    return { camera, magnitudeZero, ...foretell(last, turn, time, this.#accelerationRad) };
  }

  #take(found: Identification, seconds: number): void {
    this.#seconds = seconds;
    if (found.status === 'declined') {
      if (seconds - (this.#attitudes.at(-1)?.seconds ?? seconds) > this.#patienceSeconds) this.#attitudes = [];
      return;
    }
    const { matrix, covarianceRad2 } = found.attitude;
    const before = this.#attitudes.filter((old) => seconds - old.seconds <= this.#patienceSeconds);
    this.#attitudes = [...before, { seconds, matrix, covarianceRad2 }].slice(-MOST_KEPT);
    this.#latest = found;
  }
}

/** An attitude after some time. Without a rate the sensor may turn as fast as it gets in one second. */
function foretell(
  { matrix, covarianceRad2 }: TimedAttitude,
  turn: TurnRate | null,
  time: number,
  accelerationRad: number,
): Pick<AttitudePrior, 'matrix' | 'covarianceRad2'> {
  const rates: Vector = turn?.ratesRadPerSecond ?? [0, 0, 0];
  const turned = rotationOf(scale(rates, -time));
  const variance = (i: 0 | 1 | 2): number => {
    const rateSigma = turn?.sigmaRadPerSecond[i] ?? accelerationRad;
    return covarianceRad2[i][i] + (rateSigma * time) ** 2 + ((accelerationRad * time ** 2) / 2) ** 2;
  };
  const covariance: Matrix3 = [
    [variance(0), 0, 0],
    [0, variance(1), 0],
    [0, 0, variance(2)],
  ];
  return { matrix: multiply(turned, matrix), covarianceRad2: covariance };
}
