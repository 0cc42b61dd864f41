import type { IntegrityMode } from 'perifocal';
import type { Overflow } from '../capture/scheduler.js';
import type { OutputRequest, Level } from '../capture/capture.js';
import type { DriverOptions } from '../drivers/open.js';
import type { LevelOptions } from './restorers.js';

/** A request that every frame that comes unasked is taken as. */
export interface StandingRequest {
  readonly app: string;
  readonly priority: number;
  readonly levels: readonly Level[];
  readonly output: OutputRequest;
  /** From when the frame comes; null for none. */
  readonly deadlineMs: number | null;
  readonly holdForSeconds: number;
}

/** A camera and how it is used. */
export interface CameraSettings {
  readonly name: string;
  readonly driver: DriverOptions;
  /** A frame that has not come by then has failed. */
  readonly timeoutSeconds: number;
  /** So often a frame is tried to be taken before its capture has failed. */
  readonly attempts: number;
  /** More bytes are no frame. */
  readonly mostBytes: number;
  /** Apps that may push frames for captures of all apps; others push for their own only. */
  readonly pushers: readonly string[];
  /** Null: a frame is only taken for who asks for one. */
  readonly standing: StandingRequest | null;
  /** So many captures of this camera may wait for restoration, when frames come unasked. */
  readonly queue: number;
  /** What becomes of a frame that is one too many. */
  readonly overflow: Overflow;
}

/** How frames are restored. */
export interface EngineSettings {
  readonly levels: LevelOptions;
  /** Of the whole process, in bytes. */
  readonly memoryBytes: number;
  readonly threads: 1 | 2 | 3;
  /** Threads while the board is hot. */
  readonly hotThreads: 1 | 2 | 3;
  /** How much of the work is checked against flipped bits. */
  readonly integrity: IntegrityMode;
  /** So often a frame is tried to be restored before it is passed through or has failed. */
  readonly attempts: number;
}
