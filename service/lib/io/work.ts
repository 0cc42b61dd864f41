import type { Disk } from '../io.js';

/**
 * Work on files that is done in one visit to the thread that has the disk: each step of its own would cost a way there
 * and back. What goes in and what comes out can be sent to another thread.
 */
export interface Work<In, Out> {
  /** Where that thread finds it: its module, and its name there. */
  readonly url: string;
  readonly name: string;
  readonly run: (disk: Disk, input: In) => Promise<Out>;
}

/** What the thread of the disk is asked to do. */
export interface WorkTask {
  readonly number: number;
  readonly url: string;
  readonly name: string;
  readonly input: unknown;
}

/** Its answer to the task of that number. */
export interface WorkReply {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: SentError;
  /** How long each sync took, in seconds. */
  readonly syncs: readonly number[];
}

/** An error as it can be sent to another thread. */
export interface SentError {
  /** Of the service's own; those of the system have none. */
  readonly kind: 'service' | 'full' | 'other';
  readonly message: string;
  readonly code: string | undefined;
  readonly cause: SentError | null;
}
