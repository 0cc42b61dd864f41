import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from './backoff.js';
import { CaptureClientError, isPassing } from './errors.js';

/** Where the service is: on its Unix socket, or on a port of this machine with a token. */
export type Place =
  | { readonly socketPath: string }
  | { readonly port: number; readonly host?: string; readonly token: string };

/** One request. */
export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: unknown;
  /** Bytes instead. */
  readonly bytes?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

const MOST_JSON_BYTES = 64 * 2 ** 20;
/** The service gives a sign of life more often than that. */
const SILENCE_MILLISECONDS = 90_000;

/** Sends requests, a few at once over connections that are kept. */
export class Transport {
  /** For how long a service that does not answer, or refuses, is tried again. */
  readonly retrySeconds: number;
  readonly #place: Place;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(place: Place, retrySeconds: number) {
    this.#place = place;
    this.retrySeconds = retrySeconds;
  }

  /**
   * The JSON of a reply; tried again while the service does not answer, so only for what may be said twice.
   * @param mostSeconds no further try begins after that time; default: whatever `retrySeconds` allows
   */
  async json<T>(call: Call, mostSeconds = Number.POSITIVE_INFINITY): Promise<T> {
    return this.retry(async () => (await this.once(call)).json as T, call.signal, mostSeconds);
  }

  /** The status and JSON of a reply, tried once. */
  async once(call: Call): Promise<{ readonly status: number; readonly json: unknown }> {
    const response = await this.open(call);
    return { status: response.statusCode ?? 0, json: JSON.parse((await readAll(response)).toString('utf8')) };
  }

  /** A reply whose bytes have not been read. Throws CaptureClientError where it is no success. */
  async open(call: Call): Promise<IncomingMessage> {
    const response = await this.#send(call).catch((cause: NodeJS.ErrnoException) => {
      if (call.signal?.aborted) throw call.signal.reason;
      const what = `${call.method} ${call.path}: ${cause.code ?? cause.message}`;
      throw new CaptureClientError('UNREACHABLE', `${what}: is the service running?`, null, null, { cause });
    });
    if ((response.statusCode ?? 500) < 400) return response;
    throw toError(response.statusCode ?? 500, (await readAll(response)).toString('utf8'));
  }

  /**
   * Tries again, ever more slowly, while there is no answer, or the service asks to send less or later: never sooner
   * than it says, and not at all where that is longer than it may take.
   * @param attempt calls `progress` when something has come: the time for further tries begins anew then
   * @param mostSeconds the time for further tries where that is less than `retrySeconds`
   */
  async retry<T>(
    attempt: (progress: () => void) => Promise<T>,
    signal?: AbortSignal,
    mostSeconds = Number.POSITIVE_INFINITY,
  ): Promise<T> {
    const most = Math.min(this.retrySeconds, mostSeconds) * 1000;
    const backoff = new Backoff();
    let since = performance.now();
    const progress = (): void => {
      since = performance.now();
      backoff.reset();
    };
    for (;;) {
      try {
        return await attempt(progress);
      } catch (error) {
        const pause = backoff.next(error);
        if (!isPassing(error) || performance.now() + pause > since + most) throw error;
        await sleep(pause, undefined, signal ? { signal } : {});
      }
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send({ method, path, headers, body, bytes, signal }: Call): Promise<IncomingMessage> {
    const place = this.#place;
    const json = body === undefined ? undefined : JSON.stringify(body);
    const where = 'socketPath' in place ? place : { host: place.host ?? '127.0.0.1', port: place.port };
    return new Promise((resolve, reject) => {
      const sent = request({
        ...where,
        method,
        path,
        agent: this.#agent,
        ...(signal ? { signal } : {}),
        headers: {
          ...('token' in place ? { authorization: `Bearer ${place.token}` } : {}),
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
      });
      sent.setTimeout(SILENCE_MILLISECONDS, () => sent.destroy(new Error('no sign of life')));
      sent.on('response', resolve);
      sent.on('error', reject);
      if (bytes === undefined || bytes instanceof Uint8Array) sent.end(bytes ?? json);
      // An answer that comes early ends the sending: it says why.
      else pipeline(Readable.from(bytes), sent).catch(reject);
    });
  }
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MOST_JSON_BYTES) throw new Error(`more than ${MOST_JSON_BYTES} bytes of JSON`);
      chunks.push(chunk);
    }
  } catch (cause) {
    const message = `The reply broke off: ${(cause as Error).message}`;
    throw new CaptureClientError('UNREACHABLE', message, null, null, { cause });
  }
  return Buffer.concat(chunks);
}

function toError(status: number, text: string): CaptureClientError {
  try {
    const { code, message, retryAfterSeconds = null } = JSON.parse(text).error;
    return new CaptureClientError(String(code), String(message), status, retryAfterSeconds);
  } catch {
    return new CaptureClientError('INTERNAL', `HTTP ${status}: ${text.slice(0, 200)}`, status);
  }
}
