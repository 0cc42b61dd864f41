/** The identification of stars by the native addon. */

import type { NativeTicket } from './runtime.js';

/** What an index of a catalogue has room for. */
export interface StarIndexShape {
  readonly stars: number;
  /** Pairs of each range of chords (2 sin of half the angle), as many of the brightest stars as there is room for. */
  readonly tiers: readonly { readonly narrowest: number; readonly widest: number; readonly capacity: number }[];
}

/** Numbers of a seen star in {@link IdentifyRequest.stars}. */
export const SEEN_FIELDS = 6;

/** A frame in tangents of the nominal camera: u = X / Z, v = Y / Z, from the principal point. */
export interface IdentifyRequest {
  /** u, v, their variances, their covariance, magnitude; brightest first. */
  readonly stars: Float64Array;
  /** How many there are. */
  readonly count: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly magnitudeSigma: number;
  /** Over that of light, in the frame of the catalogue; three numbers. */
  readonly velocity: Float64Array;
  /** How far directions may be off by the lens; 0: the camera is known. */
  readonly lens: number;
  /** Standard deviations of focal length (of 1), principal point and distortion; 0: known, and not fitted. */
  readonly scaleSigma: number;
  readonly centreSigma: number;
  readonly bendSigma: number;
  /** Focal length over that of the nominal camera. */
  readonly lowScale: number;
  readonly highScale: number;
  readonly tryUpright: boolean;
  readonly tryMirrored: boolean;
  readonly falsePositive: number;
  readonly mostHypotheses: number;
  readonly seconds: number;
}

/** Where a camera is expected to look. */
export interface ExpectedPose {
  /** Nine numbers: from the catalogue to the sensor. */
  readonly rotation: Float64Array;
  /** Nine numbers, of the rotation vector in the frame of the sensor. */
  readonly covariance: Float64Array;
  /** Magnitude of the catalogue less that of the frame. */
  readonly zero: number;
}

/** How a search has ended. */
export type IdentifyEnd = 'solved' | 'too-few' | 'nothing-fits' | 'ambiguous' | 'hypotheses' | 'time';

/** What was found. All but `end` and `hypotheses` means something only where it is solved. */
export interface NativeIdentification {
  readonly end: IdentifyEnd;
  readonly hypotheses: number;
  /** Natural logarithm of the probability that chance explains as much. */
  readonly logFalseAlarm: number;
  /** u = scale a (1 + bend (a^2 + b^2)) + centreU; (a, b, 1) is along rotation * direction. */
  readonly scale: number;
  readonly scaleSigma: number;
  readonly centreU: number;
  readonly centreV: number;
  readonly bend: number;
  readonly chi2: number;
  /** Whether all this is of the frame with u turned round. */
  readonly isMirrored: boolean;
  readonly rotation: Float64Array;
  readonly covariance: Float64Array;
  /** Index of the seen star, and of the known one, of every match. */
  readonly matches: Float64Array;
}

/** One call in flight, else code STATE. The same result for any number of threads: it uses one. */
export interface NativeStarIndex {
  identify(request: IdentifyRequest, ticket: NativeTicket): Promise<NativeIdentification>;
  /** Looks for the stars only where they are expected; the camera is known: scales are 1, and nothing is mirrored. */
  follow(request: IdentifyRequest, expected: ExpectedPose, ticket: NativeTicket): Promise<NativeIdentification>;
  /** Frees its memory, after the call in flight. Idempotent. */
  dispose(): void;
}

/** The part of the addon that identifies stars. */
export interface StarIndexBinding {
  /** What `createStarIndex` takes, in bytes, at most. */
  planStarIndex(shape: StarIndexShape): number;
  /** @param directions three numbers a star, unit vectors @param magnitudes in rising order */
  createStarIndex(
    shape: StarIndexShape,
    directions: Float64Array,
    magnitudes: Float32Array,
    ticket: NativeTicket,
  ): Promise<NativeStarIndex>;
}

export const STAR_INDEX_FUNCTIONS = [
  'planStarIndex',
  'createStarIndex',
] as const satisfies readonly (keyof StarIndexBinding)[];
