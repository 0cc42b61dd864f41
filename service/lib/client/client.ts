import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type {
  CaptureEvent,
  CaptureState,
  Level,
  OutputRequest,
  PublicCapture as Capture,
  StoredFile,
} from '../capture/capture.js';
import { downloadFile } from './download.js';
import { CaptureClientError } from './errors.js';
import { followEvents } from './events.js';
import type { EventOptions } from './events.js';
import { Transport } from './transport.js';
import type { Place } from './transport.js';

/** What is wanted. Only `camera` is needed. */
export interface CaptureWish {
  readonly camera: string;
  /** 0 to 9, 9 the most urgent; default 4. */
  readonly priority?: number;
  /** The latest time of acquisition, in milliseconds since the epoch; default none. */
  readonly expiresAt?: number | null;
  /** The product is wanted so many milliseconds after the service has taken the request; default none. */
  readonly deadlineMs?: number | null;
  /** The levels that are allowed; default all. */
  readonly levels?: readonly Level[];
  /** Default PNG. */
  readonly output?: Partial<OutputRequest>;
  /** Seconds that the product is kept unless it is acknowledged; default a day. */
  readonly holdFor?: number;
  /** For the driver of the camera. */
  readonly params?: Readonly<Record<string, unknown>>;
}

/** Which captures a list has. */
export interface ListOptions {
  readonly state?: CaptureState;
  readonly camera?: string;
  /** Newest first; default oldest first. */
  readonly newest?: boolean;
}

/** How the service is reached. */
export type ClientOptions = Place & {
  /**
   * For how long a service that does not answer, is stopping (`CLOSED`) or says `BUSY`, `RATE` or `QUOTA` is tried
   * again, in seconds; default 30. Never sooner than it says, and not at all where that is longer.
   */
  readonly retrySeconds?: number;
};

/** A camera, and how it is. */
export interface Camera {
  readonly id: string;
  readonly driver: string;
  readonly healthy: boolean;
  readonly reason: string | null;
  readonly width: number | null;
  readonly height: number | null;
}

export type FileKind = 'raw' | 'product' | 'thumbnail';

const FINAL: readonly CaptureState[] = ['stored', 'rejected', 'failed', 'expired', 'cancelled'];
const PAGE = 100;
const WAIT_SECONDS = 30;

/**
 * A client of the capture service. Every method may be called again after a failure: ids make requests the same. All
 * throw CaptureClientError with the service's code.
 */
export class CaptureClient {
  readonly #transport: Transport;

  constructor({ retrySeconds = 30, ...place }: ClientOptions) {
    this.#transport = new Transport(place, retrySeconds);
  }

  /**
   * Asks for a capture. Give an `id` that you have kept to ask once for sure, whatever crashes.
   *
   * `deadlineMs` counts from when the service takes the request. Where it does not at first, the deadline is that much
   * later; no try begins when `deadlineMs` have passed since this call.
   */
  request(wish: CaptureWish, id: string = randomUUID(), signal?: AbortSignal): Promise<Capture> {
    const mostSeconds = (wish.deadlineMs ?? Number.POSITIVE_INFINITY) / 1000;
    return this.#transport.json({ method: 'PUT', path: pathOf(id), body: wish, signal }, mostSeconds);
  }

  get(id: string, signal?: AbortSignal): Promise<Capture> {
    return this.#transport.json({ method: 'GET', path: pathOf(id), signal });
  }

  /** All captures that the app may see, read page by page. */
  async *list(options: ListOptions = {}): AsyncGenerator<Capture> {
    let cursor: number | null = null;
    do {
      const query: URLSearchParams = new URLSearchParams({ limit: String(PAGE), ...toText({ ...options }) });
      if (cursor !== null) query.set('after', String(cursor));
      const page: { captures: Capture[]; next: number | null } = await this.#transport.json({
        method: 'GET',
        path: `/v1/captures?${query}`,
      });
      yield* page.captures;
      cursor = page.next;
    } while (cursor !== null);
  }

  /** Waits until a capture is stored, or has ended otherwise: look at its `state`. */
  async waitFor(id: string, signal?: AbortSignal): Promise<Capture> {
    const path = pathOf(id, `?wait=${WAIT_SECONDS}`);
    for (;;) {
      const capture = await this.#transport.json<Capture>({ method: 'GET', path, signal });
      if (FINAL.includes(capture.state)) return capture;
    }
  }

  /** The number of the last event: where {@link events} begins for those that are still to come. */
  async lastSeq(signal?: AbortSignal): Promise<number> {
    const path = '/v1/events?after=0&limit=0';
    return (await this.#transport.json<{ lastSeq: number }>({ method: 'GET', path, signal })).lastSeq;
  }

  /** Events after a cursor, for ever; see {@link EventOptions}. */
  events(options: EventOptions = {}): AsyncGenerator<CaptureEvent> {
    return followEvents(this.#transport, options);
  }

  /** Downloads a file and checks its digest; it comes under its name only when it is whole and durable. */
  async download(id: string, kind: FileKind, path: string, signal?: AbortSignal): Promise<StoredFile> {
    const file = (await this.get(id, signal))[kind];
    if (!file) throw new CaptureClientError('UNKNOWN', `Capture ${id} has no ${kind}: wait until it is stored`);
    await downloadFile(this.#transport, pathOf(id, `/${kind}`), file, path, signal);
    return file;
  }

  /** Links a file into a folder that the service's configuration allows: no byte is copied. Resolves with its path. */
  async link(id: string, kind: 'raw' | 'product', folder: string): Promise<string> {
    const path = pathOf(id, `/${kind}?link=${encodeURIComponent(folder)}`);
    return (await this.#transport.json<{ path: string }>({ method: 'GET', path })).path;
  }

  /** Says that the product has been taken over: the service need not keep it. */
  ack(id: string): Promise<Capture> {
    return this.#transport.json({ method: 'POST', path: pathOf(id, '/ack') });
  }

  /** Has the product kept for so long from now, also where it was released. */
  hold(id: string, seconds: number): Promise<Capture> {
    return this.#transport.json({ method: 'POST', path: pathOf(id, '/hold'), body: { seconds } });
  }

  /** Cancels a capture, or releases its product. */
  end(id: string): Promise<Capture> {
    return this.#transport.json({ method: 'DELETE', path: pathOf(id) });
  }

  async cameras(): Promise<readonly Camera[]> {
    return (await this.#transport.json<{ cameras: Camera[] }>({ method: 'GET', path: '/v1/cameras' })).cameras;
  }

  /**
   * Delivers a frame, a file by its path or bytes, to a camera of the kind push. Not tried again by itself.
   * @param captureId the capture that it is for; without, the app's own that this camera is taking
   * @returns the capture that it was taken for
   */
  async pushFrame(camera: string, frame: string | Uint8Array, mime: string, captureId?: string): Promise<string> {
    const query = captureId === undefined ? '' : `?capture=${encodeURIComponent(captureId)}`;
    const { json } = await this.#transport.once({
      method: 'PUT',
      path: `/v1/cameras/${encodeURIComponent(camera)}/frames${query}`,
      headers: { 'content-type': mime },
      bytes: typeof frame === 'string' ? createReadStream(frame) : frame,
    });
    return (json as { captureId: string }).captureId;
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.#transport.close();
  }
}

const pathOf = (id: string, rest = ''): string => `/v1/captures/${encodeURIComponent(id)}${rest}`;

const toText = (options: object): Record<string, string> =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
