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

/** An image that cannot be read or written, or is not acceptable. */
export class ImageError extends PerifocalError {
  constructor(
    code: 'IMAGE_UNREADABLE' | 'IMAGE_INVALID' | 'OUTPUT_UNWRITABLE',
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

/** A call in the wrong state: disposed, or busy with another frame; code `STATE`. */
export class StateError extends PerifocalError {
  constructor(message: string, options?: ErrorOptions) {
    super('STATE', message, options);
  }
}

/** The native addon could not be loaded, or failed. */
export class NativeError extends PerifocalError {
  constructor(code: 'NATIVE_MISSING' | 'OUT_OF_MEMORY' | 'INTERNAL', message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}
