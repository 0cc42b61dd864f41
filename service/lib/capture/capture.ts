/** How good a restoration is, best first: the ladder that is gone down as time runs out. */
export const LEVELS = ['network', 'network-small', 'deconvolve', 'pass-through'] as const;
export type Level = (typeof LEVELS)[number];

/**
 * The last five are final. A request is `rejected` where it was taken and can never be served as it is: its camera or
 * its levels are not configured any more, or the camera refuses its params. It has `failed` where it was tried.
 */
export const STATES = [
  'requested',
  'acquiring',
  'acquired',
  'restoring',
  'stored',
  'rejected',
  'failed',
  'expired',
  'cancelled',
] as const;
export type CaptureState = (typeof STATES)[number];

export const FORMATS = ['png', 'jpeg', 'webp', 'tiff', 'fits'] as const;
export type OutputFormat = (typeof FORMATS)[number];

/** How a product is to be written. */
export interface OutputRequest {
  readonly format: OutputFormat;
  /** 1 to 100; for jpeg and webp only. */
  readonly quality?: number;
}

/** What an app asks for; checked, with defaults. */
export interface CaptureRequest {
  readonly camera: string;
  /** 0 to 9, 9 the most urgent; default 4. */
  readonly priority: number;
  /** The latest time of acquisition, by the clock of the service; null for none. */
  readonly expiresAt: number | null;
  /** When the product is wanted, by the clock of the service; null for none. */
  readonly deadline: number | null;
  /** The levels that are allowed, best first. */
  readonly levels: readonly Level[];
  readonly output: OutputRequest;
  /** The product is kept this long for an app that does not acknowledge it. */
  readonly holdForSeconds: number;
  /** For the camera's driver, which checks it. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** A file of a capture, within its folder. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly mime: string;
  /** Pixels; null where nobody has looked yet. */
  readonly width: number | null;
  readonly height: number | null;
  /** False once retention has taken the file. */
  readonly present: boolean;
}

/** What has become of a stored product. */
export type Retention = 'held' | 'released' | 'evicted';

/** The network that has made a product. */
export interface ModelFacts {
  readonly name: string;
  readonly sha256: string;
}

/** What is counted from, by the clock of the service, in milliseconds. */
export interface ServiceTimes {
  readonly created: number;
  /** When it came into a state that is final; null before. */
  readonly ended: number | null;
}

/**
 * A request and what has become of it. Times that have been are as the wall clock said then; times to come are those of
 * the service, so that no wall clock that is set ends them.
 */
export interface Capture {
  /** A UUID in lower case, chosen by the app. */
  readonly id: string;
  /** Counts captures in the order of their requests; the cursor of lists. */
  readonly order: number;
  readonly app: string;
  readonly request: CaptureRequest;
  /** Digest of the request in canonical form. */
  readonly requestSha256: string;
  readonly state: CaptureState;
  /** Why it was rejected, failed, expired, was cancelled or went back into the queue. */
  readonly reason: string | null;
  readonly times: ServiceTimes;
  /** Milliseconds since the epoch, as all times. */
  readonly createdAt: number;
  readonly acquiredAt: number | null;
  readonly storedAt: number | null;
  readonly level: Level | null;
  /** Why that level and not a better one. */
  readonly levelReason: string | null;
  readonly model: ModelFacts | null;
  /** How often acquisition was begun. */
  readonly attempts: number;
  /** How often restoration was begun. */
  readonly restorations: number;
  readonly raw: StoredFile | null;
  readonly product: StoredFile | null;
  readonly thumbnail: StoredFile | null;
  readonly retention: Retention | null;
  /**
   * Until when retention must not take the product, unless it is acknowledged, by the clock of the service; null before
   * it is stored.
   */
  readonly holdUntil: number | null;
  readonly acked: boolean;
  /** What the operation reported; JSON. */
  readonly report: unknown;
}

/** A capture as others see it: all of its times by the wall clock. */
export type PublicCapture = Omit<Capture, 'times'>;

/** What happens to a stored product. */
const OF_PRODUCTS = ['acked', 'held', 'released', 'evicted', 'repaired'] as const;

/**
 * What an event tells of: a state that was reached, or something that happened to a stored product (`repaired`: it was
 * damaged, and is made anew); `discarded` where something has gone that was kept aside; `lost` where the record of the
 * event is damaged: whoever reads it should list its captures; `clock` where the wall clock was set.
 */
export const EVENT_TYPES = [...STATES, ...OF_PRODUCTS, 'discarded', 'lost', 'clock'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** One entry of the log. */
export interface CaptureEvent {
  /** One more than that of the event before. */
  readonly seq: number;
  /** By the wall clock. */
  readonly at: number;
  readonly captureId: string;
  readonly app: string;
  readonly type: EventType;
  readonly detail: Readonly<Record<string, unknown>>;
}
