/** What the service answered, or why it could not be asked. */
export class CaptureClientError extends Error {
  /**
   * The service's code, such as `CONFLICT` or `QUOTA`; `UNREACHABLE` where it did not answer, `DAMAGED` where a file
   * has not the digest that the service said, `MISSED` where events are not kept any more that were asked for.
   */
  readonly code: string;
  /** The HTTP status, or null where there was no answer. */
  readonly status: number | null;
  /** When to try again, where the service said so. */
  readonly retryAfterSeconds: number | null;

  constructor(
    code: string,
    message: string,
    status: number | null = null,
    retryAfterSeconds: number | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The service is there, and asks to send less or later. */
const REFUSALS = ['BUSY', 'RATE', 'QUOTA'];
/** Answers after which the same request may succeed by itself soon. */
const PASSING = ['UNREACHABLE', 'CLOSED', ...REFUSALS];

/** Whether the same request is worth another try in a moment. */
export const isPassing = (error: unknown): boolean =>
  error instanceof CaptureClientError && PASSING.includes(error.code);

/** Whether the service is there, but does not want the request now. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof CaptureClientError && REFUSALS.includes(error.code);
