import type { ServiceErrorCode } from '../errors.js';
import { QuotaError, ServiceError, toServiceError } from '../errors.js';

/** What only the API can find wrong; the other codes are those of the service (lib/errors.ts). */
export type ApiErrorCode =
  | 'UNAUTHENTICATED'
  | 'METHOD'
  | 'GONE'
  | 'TOO_LARGE'
  | 'MEDIA_TYPE'
  | 'RANGE'
  | 'TIMEOUT'
  | 'HEADERS'
  | 'RATE'
  | 'BUSY';

/** The status of every code, in one place. */
export const STATUS_OF: Readonly<Record<ServiceErrorCode | ApiErrorCode, number>> = {
  INVALID: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  UNKNOWN: 404,
  METHOD: 405,
  TIMEOUT: 408,
  CONFLICT: 409,
  STATE: 409,
  GONE: 410,
  TOO_LARGE: 413,
  MEDIA_TYPE: 415,
  RANGE: 416,
  QUOTA: 429,
  RATE: 429,
  HEADERS: 431,
  INTERNAL: 500,
  DAMAGED: 500,
  CAMERA: 502,
  BUSY: 503,
  SYNC: 503,
  UNWRITABLE: 503,
  LOCKED: 503,
  FORMAT: 503,
  CLOSED: 503,
  FULL: 507,
};

/** An error that the API itself finds; the message says the value and what to do. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  /** When to try again, in seconds from now; null where nobody knows. */
  readonly retryAfterSeconds: number | null;

  constructor(code: ApiErrorCode, message: string, retryAfterSeconds: number | null = null) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What a client gets for an error. */
export interface ErrorBody {
  readonly error: {
    readonly code: ServiceErrorCode | ApiErrorCode;
    readonly message: string;
    /** When to try again, in seconds. */
    readonly retryAfterSeconds?: number;
  };
}

/** The errors that the HTTP framework finds, by its codes. */
const FOUND_BY_FRAMEWORK: Readonly<Record<string, (error: Error) => ApiError | ServiceError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new ApiError('TOO_LARGE', 'The body is larger than this route takes: send less, frames to /v1/cameras/{id}/frames'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new ApiError('MEDIA_TYPE', 'The body is of a type that is not taken: send JSON with content-type application/json'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new ServiceError('INVALID', 'The body is empty: send a JSON object'),
  FST_ERR_CTP_INVALID_JSON_BODY: () =>
    new ServiceError('INVALID', 'The body is no JSON, or has a key __proto__ or constructor: send another JSON object'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new ServiceError('INVALID', 'The body is not as long as content-length says: send it again'),
  FST_ERR_BAD_URL: ({ message }) => new ServiceError('INVALID', `The path cannot be read (${message}): encode it`),
};

/** Any error as one that a client may see: a framework's by its table, an unknown one as INTERNAL. */
export function toApiError(error: unknown): ApiError | ServiceError {
  if (error instanceof ApiError || error instanceof ServiceError) return error;
  const { code, statusCode, message, validation, validationContext } = error as FrameworkError;
  if (validation) return new ServiceError('INVALID', explain(validation, validationContext ?? 'body'));
  const translate = FOUND_BY_FRAMEWORK[code ?? ''];
  if (translate) return translate(error as Error);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new ServiceError('INVALID', message);
  return toServiceError(error);
}

/** The status, headers and body of an error. */
export function describeError(error: ApiError | ServiceError): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
} {
  const { code, message } = error;
  const seconds = error instanceof ApiError || error instanceof QuotaError ? error.retryAfterSeconds : null;
  const again = seconds === null ? {} : { retryAfterSeconds: Math.ceil(seconds) };
  return {
    status: STATUS_OF[code],
    headers: seconds === null ? {} : { 'retry-after': String(again.retryAfterSeconds) },
    body: { error: { code, message, ...again } },
  };
}

interface FrameworkError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  readonly validation?: readonly Violation[];
  readonly validationContext?: string;
}

interface Violation {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a schema found, in words. */
function explain(violations: readonly Violation[], part: string): string {
  const { instancePath, keyword, message, params } = violations[0]!;
  const where = `${WORDS[part] ?? part}${instancePath.replaceAll('/', '.')}`;
  const see = 'see /v1/openapi.json';
  if (keyword === 'additionalProperties') {
    return `${where} has '${String(params.additionalProperty)}', which is unknown: leave it out, ${see}`;
  }
  const allowed = keyword === 'enum' ? `: ${(params.allowedValues as unknown[]).join(', ')}` : '';
  return `${where} ${message ?? 'is not acceptable'}${allowed}; ${see}`;
}

const WORDS: Readonly<Record<string, string>> = { querystring: 'query', params: 'path', body: 'body' };
