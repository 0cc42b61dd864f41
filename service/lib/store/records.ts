import type { Capture, CaptureEvent } from '../capture/capture.js';
import type { ClockMark } from '../clock.js';
import { isTerminal } from '../capture/machine.js';
import { isCapture } from './manifest.js';
import type { FileClass } from './store.js';

/** A capture as the database keeps it: its report is in the manifest only. */
export interface CaptureRecord {
  readonly capture: Capture;
  /** Of `acquired.json` and `manifest.json`. */
  readonly manifestBytes: number;
}

/** What the database says of itself, so that rows that have gone missing are noticed. */
export interface Meta {
  readonly captures: number;
  readonly lastOrder: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Orders of captures whose folder may not be as their record says. */
  readonly untidy: readonly number[];
  /** Orders of stored captures whose product is damaged, and is to be made anew from its frame. */
  readonly broken: readonly number[];
  /** What time it was; null where nobody knows. */
  readonly clock: ClockMark | null;
}

export const EMPTY_META: Meta = {
  ...{ captures: 0, lastOrder: 0, firstSeq: 1, lastSeq: 0 },
  ...{ untidy: [], broken: [], clock: null },
};
export const META_KEY = 1;

export const encodeRecord = ({ capture, manifestBytes }: CaptureRecord): string =>
  JSON.stringify({ capture: { ...capture, report: null }, manifestBytes });

/** A record, or null where it is none, or that of another order. */
export function decodeRecord(body: string, order: number): CaptureRecord | null {
  const { capture, manifestBytes } = JSON.parse(body) as Partial<CaptureRecord>;
  return isCapture(capture) && capture.order === order ? { capture, manifestBytes: manifestBytes ?? 0 } : null;
}

/** An event; `lost` where its record is damaged. */
export function decodeEvent(body: string | null, seq: number): CaptureEvent {
  const event = body === null ? null : (JSON.parse(body) as CaptureEvent);
  if (event?.seq === seq) return event;
  return {
    seq,
    at: 0,
    captureId: '',
    app: '',
    type: 'lost',
    detail: { reason: 'the record of this event is damaged' },
  };
}

/** What memory holds of a capture that has ended: enough to find it, and to decide what goes. */
export class Entry {
  readonly id: string;
  readonly order: number;
  readonly app: string;
  readonly camera: string;
  readonly priority: number;
  readonly createdAt: number;
  /** The whole capture while it is in no terminal state, else null. */
  live!: Capture | null;
  state!: Capture['state'];
  retention!: Capture['retention'];
  holdUntil!: number | null;
  acked!: boolean;
  /** When it came into a state that is final, by the clock of the service; its beginning before. */
  endedAt!: number;
  bytes!: Readonly<Record<FileClass, number>>;

  constructor(record: CaptureRecord) {
    const { id, order, app, request, createdAt } = record.capture;
    this.id = id;
    this.order = order;
    // Names repeat: an index of them would save little, since V8 shares short strings that come from one text.
    this.app = app;
    this.camera = request.camera;
    this.priority = request.priority;
    this.createdAt = createdAt;
    this.update(record);
  }

  update({ capture, manifestBytes }: CaptureRecord): void {
    this.live = isTerminal(capture.state) ? null : capture;
    this.state = capture.state;
    this.retention = capture.retention;
    this.holdUntil = capture.holdUntil;
    this.acked = capture.acked;
    this.endedAt = capture.times.ended ?? capture.times.created;
    this.bytes = bytesOf(capture, manifestBytes);
  }
}

function bytesOf(capture: Capture, manifest: number): Readonly<Record<FileClass, number>> {
  const size = (file: Capture['raw']): number => (file?.present ? file.bytes : 0);
  return { raw: size(capture.raw), product: size(capture.product), thumbnail: size(capture.thumbnail), manifest };
}

export const totalBytes = ({ bytes }: Pick<Entry, 'bytes'>): number =>
  bytes.raw + bytes.product + bytes.thumbnail + bytes.manifest;
