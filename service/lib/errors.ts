/**
 * What can go wrong, by name. The API maps each code to a status; clients may rely on the codes.
 *
 * | code | meaning |
 * |---|---|
 * | `INVALID` | a value that is not acceptable |
 * | `UNKNOWN` | there is no such capture, camera or file |
 * | `CONFLICT` | the same id was used for another request |
 * | `STATE` | the capture is in a state in which this cannot be done |
 * | `FORBIDDEN` | the caller may not do this |
 * | `QUOTA` | a limit of the queue is reached: later |
 * | `FULL` | the store has no room and cannot make any |
 * | `DAMAGED` | a record or file is damaged, and there is no whole copy |
 * | `SYNC` | the disk did not take the bytes: what was being written is lost and must be made again |
 * | `UNWRITABLE` | the store cannot be written: disk broken or read-only |
 * | `LOCKED` | another service has this store open |
 * | `FORMAT` | the store was written by a newer version, or is no store |
 * | `CAMERA` | a camera failed, or delivered no frame |
 * | `CLOSED` | the service is stopping |
 * | `INTERNAL` | a fault of the service |
 */
export type ServiceErrorCode =
  | 'INVALID'
  | 'UNKNOWN'
  | 'CONFLICT'
  | 'STATE'
  | 'FORBIDDEN'
  | 'QUOTA'
  | 'FULL'
  | 'DAMAGED'
  | 'SYNC'
  | 'UNWRITABLE'
  | 'LOCKED'
  | 'FORMAT'
  | 'CAMERA'
  | 'CLOSED'
  | 'INTERNAL';

/** Every error that the service throws on purpose: `code` is stable, `message` says the value and what to do. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The same id with another body, or of another app; code `CONFLICT`. */
export class ConflictError extends ServiceError {
  constructor(message: string) {
    super('CONFLICT', message);
  }
}

/** A limit of the queue is reached; code `QUOTA`. */
export class QuotaError extends ServiceError {
  /** When to try again, in seconds from now. */
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super('QUOTA', message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The store has no room and cannot make any; code `FULL`. It ends by itself once there is room. */
export class FullError extends ServiceError {
  constructor(message: string, options?: ErrorOptions) {
    super('FULL', message, options);
  }
}

/** A capture is in a state in which this cannot be done; code `STATE`. */
export class StateError extends ServiceError {
  constructor(message: string) {
    super('STATE', message);
  }
}

/** Whether the disk is the matter, and neither a camera nor a level: what was done is to be done again later. */
export const isDiskFault = (error: unknown): boolean =>
  error instanceof ServiceError && ['FULL', 'SYNC', 'UNWRITABLE'].includes(error.code);

/** The error as one of the service's own: those pass unchanged, others become `INTERNAL` with their cause. */
export function toServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ServiceError('INTERNAL', `${message}: this is a fault of the service; please report it`, { cause: error });
}
