import type { Io } from '../io.js';
import type { Store } from '../store/store.js';
import type { AccessRule, Peer } from './auth.js';
import type { Health, Vitals } from './vitals.js';

/** A camera as the API shows it. */
export interface CameraStatus {
  readonly id: string;
  /** The kind of its driver, such as folder, exec, push, replay or v4l2. */
  readonly driver: string;
  readonly healthy: boolean;
  /** What is wrong with it, or null. */
  readonly reason: string | null;
  /** Pixels of a frame, where they are known. */
  readonly width: number | null;
  readonly height: number | null;
}

/** A frame that comes in from outside. */
export interface PushedFrame {
  /** Who sends it; null: an operator, for whatever app. */
  readonly app: string | null;
  /** The capture that it is for; null: the one that this camera is taking, if it is of the app. */
  readonly captureId: string | null;
  /** Its bytes as they arrive; whoever takes them bounds their memory by reading only as fast as it writes. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Aborts when the sender is gone. */
  readonly signal: AbortSignal;
}

/** The cameras, as the API needs them. */
export interface Cameras {
  list(): readonly CameraStatus[];
  /** The most bytes that a frame of that camera may have; null where it takes no frames, or there is no such camera. */
  frameLimit(id: string): number | null;
  /**
   * Resolves once the frame is durable, with the capture that it belongs to. Rejects with UNKNOWN, FORBIDDEN, STATE or
   * CAMERA.
   */
  push(id: string, frame: PushedFrame): Promise<{ readonly captureId: string }>;
}

/** Limits of what clients may take. All times in seconds. */
export interface HttpLimits {
  /** Connections at the same time; default 32. More are answered with BUSY. */
  readonly connections: number;
  /** Those of one user of the system, and all of TCP together; default 16. More are answered with BUSY, or closed. */
  readonly connectionsPerUser: number;
  /** Requests of one app in a second, in the long run, and twice as many at once; default 100. More are QUOTA. */
  readonly requestsPerSecond: number;
  /** Waiting requests and streams of one app at the same time; default 8. */
  readonly waitsPerApp: number;
  /** Until a request's head has arrived; default 10. */
  readonly headSeconds: number;
  /** Until a request's JSON has arrived; default 10. */
  readonly bodySeconds: number;
  /** Until a frame has arrived; default 120. */
  readonly frameSeconds: number;
  /** Without a byte in either direction; default 120. */
  readonly idleSeconds: number;
  /** Between signs of life of an event stream; default 15. */
  readonly heartbeatSeconds: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  connections: 32,
  connectionsPerUser: 16,
  requestsPerSecond: 100,
  waitsPerApp: 8,
  headSeconds: 10,
  bodySeconds: 10,
  frameSeconds: 120,
  idleSeconds: 120,
  heartbeatSeconds: 15,
};

/** Everything that the API is made of. */
export interface HttpContext {
  readonly store: Store;
  readonly cameras: Cameras;
  readonly io: Io;
  readonly rules: readonly AccessRule[];
  readonly peerCredentials: (descriptor: number) => Peer;
  readonly vitals: () => Vitals;
  readonly health: () => Health;
  readonly limits: HttpLimits;
  /** Of the package. */
  readonly version: string;
}
