/** Every error that this package throws on purpose: `code` is stable, `message` is for people. */
export class PerifocalError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An argument of the wrong type or out of range; code `ARGUMENT_INVALID`. */
export class ArgumentError extends PerifocalError {
  constructor(message: string, options?: ErrorOptions) {
    super('ARGUMENT_INVALID', message, options);
  }
}

/**
 * An image that cannot be read or written, or is not acceptable. `IMAGE_UNREADABLE`: there is no file that may be read.
 * `IMAGE_INVALID`: it is damaged, no image, of a size that is not taken, or not the one expected. `IMAGE_UNSUPPORTED`:
 * it is valid and of a kind that is not read; the message says what to do. `OUTPUT_UNWRITABLE`: it cannot be written
 * there, or not in that format.
 */
export class ImageError extends PerifocalError {
  constructor(
    code: 'IMAGE_UNREADABLE' | 'IMAGE_INVALID' | 'IMAGE_UNSUPPORTED' | 'OUTPUT_UNWRITABLE',
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

/** A model that cannot be found, read or trusted. */
export class ModelError extends PerifocalError {
  constructor(code: 'MODEL_UNKNOWN' | 'MODEL_UNREADABLE' | 'MODEL_INVALID', message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** A memory budget in which the frame cannot be restored; code `BUDGET_TOO_SMALL`. */
export class BudgetError extends PerifocalError {
  /** The smallest budget that works for this frame and model, in bytes. */
  readonly requiredBytes: number;

  constructor(message: string, requiredBytes: number) {
    super('BUDGET_TOO_SMALL', message);
    this.requiredBytes = requiredBytes;
  }
}

/** An instruction set that is unknown, or that this CPU lacks; code `ISA_UNAVAILABLE`. */
export class IsaError extends PerifocalError {
  constructor(message: string, options?: ErrorOptions) {
    super('ISA_UNAVAILABLE', message, options);
  }
}

/** A frame does not tell what was to be estimated from it; code `ESTIMATE_DECLINED`, the message says why. */
export class EstimateError extends PerifocalError {
  constructor(message: string) {
    super('ESTIMATE_DECLINED', message);
  }
}

/**
 * A result is not what its inputs and the model make, although it was computed again: memory or the processor is
 * faulty; code `INTEGRITY_LOST`. There is no result.
 */
export class IntegrityError extends PerifocalError {
  constructor(message: string, options?: ErrorOptions) {
    super('INTEGRITY_LOST', message, options);
  }
}

/**
 * The native code has changed in memory: nothing that this process gives counts any more, a new one is needed; code
 * `INTEGRITY_LOST`.
 */
export class CodeChangedError extends IntegrityError {}

/** A frame whose restoration is known is restored otherwise, so others may be, too; code `INTEGRITY_LOST`. */
export class WrongAnswerError extends IntegrityError {}

/** A call in the wrong state: disposed, or busy with another frame; code `STATE`. */
export class StateError extends PerifocalError {
  constructor(message: string, options?: ErrorOptions) {
    super('STATE', message, options);
  }
}

/**
 * The native addon could not be loaded, or it or this package failed: no memory (`OUT_OF_MEMORY`), or a fault
 * (`INTERNAL`).
 */
export class NativeError extends PerifocalError {
  constructor(code: 'NATIVE_MISSING' | 'OUT_OF_MEMORY' | 'INTERNAL', message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** A call of the operating system has failed; code `SYSTEM`. */
export class SystemError extends PerifocalError {
  /** The name of the reason, such as `EPERM`. */
  readonly errno: string;
  /** The call that has failed, such as `flock` or `VIDIOC_S_FMT`. */
  readonly call: string;

  constructor(errno: string, call: string, message: string, options?: ErrorOptions) {
    super('SYSTEM', message, options);
    this.errno = errno;
    this.call = call;
  }
}

/** What the engine of JavaScript says where an array cannot be made. */
const ALLOCATION_FAILURE = /allocation failed|invalid (typed )?array length|out of memory/i;

/**
 * An error that is about to leave the package, as one of its own: OUT_OF_MEMORY where an array could not be made, else
 * INTERNAL, with the error as its cause. Errors of this package pass unchanged.
 */
export function toPerifocalError(error: unknown): PerifocalError {
  if (error instanceof PerifocalError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof RangeError && ALLOCATION_FAILURE.test(message) ? 'OUT_OF_MEMORY' : 'INTERNAL';
  return new NativeError(code, message, { cause: error });
}
