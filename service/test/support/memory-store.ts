import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Capture, CaptureEvent, Level, StoredFile } from '../../lib/capture/capture.js';
import { isTerminal, mark, step } from '../../lib/capture/machine.js';
import type { CaptureChange, Step } from '../../lib/capture/machine.js';
import type { CheckedRequest } from '../../lib/capture/request.js';
import { ConflictError, QuotaError, ServiceError } from '../../lib/errors.js';
import type { CaptureQuery, EventPage, FileClass, Store } from '../../lib/store/store.js';

/** A store without a disk but for the files, for tests of what stands above it; its states are of the real machine. */
export class MemoryStore implements Store {
  readonly captures = new Map<string, Capture>();
  readonly log: CaptureEvent[] = [];
  /** More captures than that at once are refused. */
  queueLimit = 100_000;
  readonly #folder: string;
  readonly #listeners = new Set<(event: CaptureEvent) => void>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async request(app: string, id: string, { request, sha256 }: CheckedRequest) {
    const before = this.captures.get(id);
    if (before && before.requestSha256 === sha256 && before.app === app) {
      return { capture: before, outcome: 'same' as const };
    }
    if (before) throw new ConflictError(`Capture ${id} was requested with another body: use a new id`);
    if (this.live().length >= this.queueLimit) throw new QuotaError(`${this.queueLimit} captures wait: try later`, 8);
    const capture: Capture = {
      id,
      order: this.captures.size + 1,
      app,
      request,
      requestSha256: sha256,
      state: 'requested',
      reason: null,
      createdAt: Date.now(),
      acquiredAt: null,
      storedAt: null,
      level: null,
      levelReason: null,
      model: null,
      attempts: 0,
      restorations: 0,
      raw: null,
      product: null,
      thumbnail: null,
      retention: null,
      holdUntil: null,
      acked: false,
      report: null,
    };
    this.#commit({ capture, type: 'requested', detail: {} });
    return { capture, outcome: 'created' as const };
  }

  async get(id: string) {
    return this.captures.get(id);
  }

  async list({ after, newestFirst = false, state, camera, app, limit }: CaptureQuery) {
    const all = [...this.captures.values()];
    const found = (newestFirst ? all.reverse() : all).filter(
      (capture) =>
        (after === undefined || (newestFirst ? capture.order < after : capture.order > after)) &&
        (state === undefined || capture.state === state) &&
        (camera === undefined || capture.request.camera === camera) &&
        (app === undefined || capture.app === app),
    );
    return found.slice(0, limit);
  }

  live() {
    return [...this.captures.values()].filter(({ state }) => !isTerminal(state));
  }

  async advance(id: string, change: CaptureChange) {
    return this.#commit(step(this.#require(id), change, Date.now()));
  }

  /** Brings a capture to `stored` with these bytes as its files. */
  async finish(id: string, raw: Uint8Array, product: Uint8Array, level: Level = 'network', thumbnail = product) {
    await this.advance(id, { to: 'acquiring' });
    const rawFile = this.#write(id, 'raw.png', raw);
    await this.advance(id, { to: 'acquired', raw: rawFile, acquiredAt: Date.now() });
    await this.advance(id, { to: 'restoring' });
    return this.advance(id, {
      to: 'stored',
      facts: {
        level,
        levelReason: 'there was time for it',
        model: null,
        product: this.#write(id, 'restored.png', product),
        thumbnail: this.#write(id, 'thumbnail.jpg', thumbnail),
        report: { seconds: 1.25 },
      },
    });
  }

  async ack(id: string) {
    return this.#mark(id, 'acked');
  }

  async release(id: string) {
    return this.#mark(id, 'released');
  }

  async cancel(id: string) {
    return this.advance(id, { to: 'cancelled', reason: 'asked for' });
  }

  async events(after: number, limit: number): Promise<EventPage> {
    return { events: this.log.slice(after, after + limit), firstSeq: 1, lastSeq: this.lastSeq };
  }

  get lastSeq() {
    return this.log.length;
  }

  onEvent(listener: (event: CaptureEvent) => void) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  memo(): unknown {
    return undefined;
  }

  async setMemo() {}

  pathOf({ id, raw, product, thumbnail }: Capture, what: FileClass) {
    const names = { raw: raw?.name, product: product?.name, thumbnail: thumbnail?.name, manifest: 'manifest.json' };
    return join(this.#folder, id, names[what] ?? 'none');
  }

  usage() {
    const bytesByClass = { raw: 3e9, product: 5e9, thumbnail: 1e6, manifest: 2e5 };
    return {
      bytesByClass,
      quarantinedBytes: 0,
      files: 4,
      queued: this.live().length,
      quotaBytes: 2e10,
      freeBytes: 7e9,
    };
  }

  health() {
    const counters = {
      commits: this.log.length,
      damagedRows: 0,
      healedRows: 0,
      damagedFiles: 0,
      scrubbedFiles: 0,
      syncFailures: 0,
      fullErrors: 0,
      evictedFiles: 0,
    };
    return { writable: true, reasons: [], counters };
  }

  get recovery(): never {
    throw new Error('A store in memory never recovers');
  }
  inboxPath = (id: string) => join(this.#folder, `${id}.in`);
  adopt = unsupported;
  beginProduct = unsupported;
  commit = unsupported;
  discard = unsupported;
  async tend() {}
  async close() {}

  #require(id: string): Capture {
    const capture = this.captures.get(id);
    if (capture) return capture;
    throw new ServiceError('UNKNOWN', `There is no capture ${id}`);
  }

  #mark(id: string, what: 'acked' | 'released') {
    const capture = this.#require(id);
    const marked = mark(capture, what);
    return marked ? this.#commit(marked) : capture;
  }

  #commit({ capture, type, detail }: Step): Capture {
    this.captures.set(capture.id, capture);
    const event = { seq: this.log.length + 1, at: Date.now(), captureId: capture.id, app: capture.app, type, detail };
    this.log.push(event);
    for (const listener of this.#listeners) listener(event);
    return capture;
  }

  #write(id: string, name: string, bytes: Uint8Array): StoredFile {
    mkdirSync(join(this.#folder, id), { recursive: true });
    writeFileSync(join(this.#folder, id, name), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const mime = name.endsWith('.jpg') ? 'image/jpeg' : 'image/png';
    return { name, bytes: bytes.length, sha256, mime, width: 640, height: 480, present: true };
  }
}

const unsupported = (): never => {
  throw new Error('A store in memory takes products by finish() only');
};
