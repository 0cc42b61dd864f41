import { CommanderError } from 'commander';
import { ArgumentError, IsaError, ModelError } from '../runtime/errors.js';

/** Something failed: an input, an estimate that was declined, or the output. */
export const FAILED = 1;
/** The command line itself is wrong. Nothing was read, nothing was written. */
export const WRONG_USAGE = 2;

/** Numbers of the signals that end a command; shells add 128 to them. */
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;
export type EndingSignal = keyof typeof SIGNALS;
export const ENDING_SIGNALS = Object.keys(SIGNALS) as readonly EndingSignal[];

/** A signal has ended the command. */
export class Interrupted extends Error {
  readonly code = 'INTERRUPTED';
  /** 130 for SIGINT, 143 for SIGTERM. */
  readonly exitCode: number;

  constructor(signal: EndingSignal) {
    super('interrupted');
    this.exitCode = 128 + SIGNALS[signal];
  }
}

/** Whether an error that comes before the first input says that the command line is wrong. */
export function isWrongUsage(error: unknown): boolean {
  return (
    error instanceof CommanderError ||
    error instanceof ArgumentError ||
    error instanceof IsaError ||
    (error instanceof ModelError && error.code === 'MODEL_UNKNOWN')
  );
}

/** How a process ends that this error has ended. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  if (error instanceof Interrupted) return error.exitCode;
  return isWrongUsage(error) ? WRONG_USAGE : FAILED;
}
