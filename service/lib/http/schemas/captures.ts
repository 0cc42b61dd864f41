import { EVENT_TYPES, FORMATS, LEVELS, STATES } from '../../capture/capture.js';
import { NAME, UUID, YEAR_SECONDS } from '../../capture/request.js';
import { anything, count, flag, integer, list, named, object, oneOf, orNull, record, text, time } from './schema.js';

/** The id of a capture: in any case, kept in lower case. */
export const CAPTURE_ID = text('A UUID that the app chooses, such as 6f1c0ae2-8f6c-4d59-9a35-0b6f0a3f6f11', {
  pattern: UUID.source.replaceAll('a-f', 'a-fA-F'),
});

/** The name of a camera. */
export const CAMERA_ID = text('The name of a camera', { pattern: NAME.source });

const LEVEL = oneOf('How good a restoration is', LEVELS);

/** What an app sends to ask for a capture. */
export const REQUEST_BODY = object(
  'What is wanted',
  {
    camera: CAMERA_ID,
    priority: integer('9 is the most urgent', 0, 9, { default: 4 }),
    expiresAt: orNull(time('The latest time of acquisition; null for none')),
    deadlineMs: orNull(integer('The product is wanted within that many milliseconds', 1, YEAR_SECONDS * 1000)),
    levels: list('The levels that are allowed', LEVEL, { minItems: 1, uniqueItems: true, default: LEVELS }),
    output: object('How the product is written', {
      format: oneOf('Its format', FORMATS),
      quality: integer('For jpeg and webp only', 1, 100),
    }),
    holdFor: integer('Seconds that the product is kept for an app that does not acknowledge it', 0, YEAR_SECONDS),
    params: { type: 'object', description: 'For the driver of the camera, which checks them' },
  },
  ['camera'],
);

const REQUEST = record('What was asked for, with defaults', {
  camera: CAMERA_ID,
  priority: integer('9 is the most urgent', 0, 9),
  expiresAt: orNull(time('The latest time of acquisition')),
  deadline: orNull(time('When the product is wanted')),
  levels: list('The levels that are allowed, best first', LEVEL),
  output: object('How the product is written', {
    format: oneOf('Its format', FORMATS),
    quality: integer('For jpeg and webp only', 1, 100),
  }),
  holdForSeconds: integer('How long the product is kept for an app that does not acknowledge it', 0, YEAR_SECONDS),
  params: { type: 'object', description: 'For the driver of the camera' },
});

const FILE = record('A file of a capture', {
  name: text('Its name in the store'),
  bytes: count('Its size'),
  sha256: text('Its digest; also its entity tag', { pattern: '^[0-9a-f]{64}$' }),
  mime: text('Its media type'),
  width: orNull(count('In pixels')),
  height: orNull(count('In pixels')),
  present: flag('False once retention has taken it'),
});

const MODEL = record('The network that made a product', {
  name: text('Its name'),
  sha256: text('Digest of its file'),
});

const CAPTURE = record('A request and what has become of it', {
  id: CAPTURE_ID,
  order: count('Counts captures in the order of their requests'),
  app: text('Who asked for it'),
  request: named('Request'),
  requestSha256: text('Digest of the request as it was sent'),
  state: oneOf('stored, rejected, failed, expired and cancelled are final', STATES),
  reason: orNull(text('Why it was rejected, failed, expired, was cancelled or went back into the queue')),
  createdAt: time('When it was asked for'),
  acquiredAt: orNull(time('When the sensor was read')),
  storedAt: orNull(time('When the product was durable')),
  level: orNull(oneOf('The level of the product', LEVELS)),
  levelReason: orNull(text('Why that level and not a better one')),
  model: orNull(named('Model')),
  attempts: count('How often acquisition was begun'),
  restorations: count('How often restoration was begun'),
  raw: orNull(named('File')),
  product: orNull(named('File')),
  thumbnail: orNull(named('File')),
  retention: orNull(oneOf('What has become of the product', ['held', 'released', 'evicted'])),
  holdUntil: orNull(time('Until when the product is kept for an app that does not acknowledge it')),
  acked: flag('Whether the app has said that it has the product'),
  report: anything('What the restoration reported'),
});

const EVENT = record('Something that happened to a capture', {
  seq: count('One more than that of the event before, over all apps'),
  at: time('When it happened'),
  captureId: text('Which capture; empty where the event is lost, or of the clock'),
  app: text('Whose capture it is'),
  type: oneOf(
    'The state reached, or what happened to the product; lost: list your captures; clock: it was set',
    EVENT_TYPES,
  ),
  detail: { type: 'object', description: 'Such as level and sha256 of a product, or a reason' },
});

/** Schemas of captures that have names. */
export const CAPTURE_SCHEMAS = {
  RequestBody: REQUEST_BODY,
  Request: REQUEST,
  File: FILE,
  Model: MODEL,
  Capture: CAPTURE,
  Event: EVENT,
  CapturePage: record('A page of captures', {
    captures: list('In the order of their requests, or newest first', named('Capture')),
    next: orNull(count('The cursor of the next page; null where this is the last')),
  }),
  EventPage: record('Events after a cursor', {
    events: list('Those that the caller may see', named('Event')),
    next: count('The cursor to ask with next: all events up to here have been looked at'),
    firstSeq: count('The oldest event that is kept: with an older cursor, list the captures'),
    lastSeq: count('The last event of all'),
  }),
  Hold: record('For how long', {
    seconds: integer('The product is kept for so long from now', 0, YEAR_SECONDS),
  }),
  Link: record('A second name of a file', {
    path: text('Where it is'),
    bytes: count('Its size'),
    sha256: text('Its digest'),
  }),
} as const;
