import { FullError, ServiceError } from '../errors.js';
import type { ServiceErrorCode } from '../errors.js';
import type { SentError } from './work.js';

const MOST_CAUSES = 8;

/** An error as it can be sent to another thread, which loses codes and classes. */
export function toSent(error: unknown, depth = 0): SentError {
  const { message, code, cause } = error as NodeJS.ErrnoException & { cause?: unknown };
  const own = error instanceof FullError ? 'full' : 'service';
  const deeper = cause === undefined || depth === MOST_CAUSES ? null : toSent(cause, depth + 1);
  return { kind: error instanceof ServiceError ? own : 'other', message, code, cause: deeper };
}

/** The error that another thread has sent. */
export function fromSent({ kind, message, code, cause }: SentError): Error {
  const options = cause === null ? {} : { cause: fromSent(cause) };
  if (kind === 'full') return new FullError(message, options);
  if (kind === 'service') return new ServiceError(code as ServiceErrorCode, message, options);
  const error: NodeJS.ErrnoException = new Error(message, options);
  if (code !== undefined) error.code = code;
  return error;
}
