import type { RawFacts } from '../store/store.js';

/** What a camera is. */
export interface CameraInfo {
  /** Its driver: folder, exec, push, replay or v4l2. */
  readonly driver: string;
  /** Where its frames come from, for people. */
  readonly source: string;
  /** Pixels that every frame must have, where that is known. */
  readonly width: number | null;
  readonly height: number | null;
}

export interface DriverHealth {
  readonly healthy: boolean;
  /** What is wrong, or null. */
  readonly reason: string | null;
}

/** One frame that is wanted. */
export interface DriverRequest {
  readonly captureId: string;
  /** Who has asked for it. */
  readonly app: string;
  /** Of the request, for the camera; the driver checks them. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** Where a frame goes. */
export interface Sink {
  /** A file that does not exist yet, in a folder that does. */
  readonly path: string;
  /** More bytes are no frame of this camera. */
  readonly mostBytes: number;
}

/** A frame in its sink. */
export interface Acquired extends RawFacts {
  /** To be called once: the frame is durable as that capture and its source may go; null: it was not taken, and why. */
  settle(captureId: string | null, why?: unknown): Promise<void>;
}

/** A camera. One frame at a time is wanted of it. */
export interface Driver {
  describe(): CameraInfo;
  /**
   * Writes one frame into the sink. Rejects with ServiceError `CAMERA`, with `INVALID` where it refuses the params, or
   * with the signal's reason; nothing runs any more then, but the sink may exist.
   */
  acquire(request: DriverRequest, sink: Sink, signal: AbortSignal): Promise<Acquired>;
  health(): DriverHealth;
  /** Ends what is under way. Idempotent. */
  close(): Promise<void>;
}

/** A frame that has come unasked, at its source. */
export interface Arrival {
  /** Such as the name of its file, for people. */
  readonly name: string;
  /** The capture that it is meant for; null for any. */
  readonly captureId: string | null;
  /** The app whose captures it may be for; null for those of all. */
  readonly app: string | null;
  /** Writes it into a sink; may be called again where that fails. */
  write(sink: Sink, signal: AbortSignal): Promise<RawFacts>;
  /** As that of {@link Acquired}. */
  settle(captureId: string | null, why?: unknown): Promise<void>;
}

/**
 * Answers a frame that nobody waits for: `taken` when it is a capture of its own now, `dropped` when it is to go,
 * `later` when it must wait at its source.
 */
export type Intake = (arrival: Arrival) => Promise<'taken' | 'dropped' | 'later'>;
