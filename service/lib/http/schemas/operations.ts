import { STATES } from '../../capture/capture.js';
import type { RouteName } from '../access.js';
import type { ApiErrorCode } from '../errors.js';
import type { ServiceErrorCode } from '../../errors.js';
import { CAMERA_ID, CAPTURE_ID, CAPTURE_SCHEMAS } from './captures.js';
import { count, flag, integer, object, oneOf, record, text } from './schema.js';
import type { Schema } from './schema.js';
import { SYSTEM_SCHEMAS } from './system.js';

/** All schemas that have names. */
export const NAMED_SCHEMAS: Readonly<Record<string, Schema>> = { ...CAPTURE_SCHEMAS, ...SYSTEM_SCHEMAS };

/** A body that an operation takes or gives. */
export interface Content {
  readonly description: string;
  /** The name of a schema, for JSON. */
  readonly schema?: string;
  /** The media types of others. */
  readonly types?: readonly string[];
}

/** What an operation takes and gives. */
export interface Operation {
  readonly path?: Schema;
  readonly query?: Schema;
  /** Request headers that mean something beyond what all servers do with them. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Content;
  readonly replies: Readonly<Record<number, Content>>;
  /** Errors that are of this operation; those that any can have are left out. */
  readonly errors: readonly (ServiceErrorCode | ApiErrorCode)[];
}

const onCapture = record('Which capture', { id: CAPTURE_ID });
const json = (description: string, schema: string): Content => ({ description, schema });
const MOST_WAIT_SECONDS = 60;

const file = (what: string, hasLink: boolean): Operation => ({
  path: onCapture,
  ...(hasLink
    ? { query: object('How', { link: text('An absolute folder: link the file there instead of sending it') }) }
    : {}),
  headers: { range: 'One range of bytes', 'if-none-match': 'The digest in quotes: 304 where it is the same' },
  replies: {
    200: {
      description: hasLink ? `${what}; with link, a Link as JSON` : what,
      types: ['application/octet-stream', 'image/*'],
    },
    206: { description: 'The part that was asked for', types: ['application/octet-stream', 'image/*'] },
    304: { description: 'The client has it already' },
  },
  errors: ['UNKNOWN', 'STATE', 'GONE', 'RANGE', ...(hasLink ? (['FORBIDDEN'] as const) : [])],
});

/** All operations. */
export const OPERATIONS: Readonly<Record<RouteName, Operation>> = {
  requestCapture: {
    path: onCapture,
    body: json('What is wanted', 'RequestBody'),
    replies: { 202: json('It has been taken', 'Capture'), 200: json('It had been taken before', 'Capture') },
    errors: ['UNKNOWN', 'CONFLICT', 'QUOTA', 'FULL', 'UNWRITABLE'],
  },
  getCapture: {
    path: onCapture,
    query: object('How', {
      wait: integer('Seconds to wait for its final state; then it comes as it is; default 0', 0, MOST_WAIT_SECONDS),
    }),
    replies: { 200: json('The capture', 'Capture') },
    errors: ['UNKNOWN', 'QUOTA', 'DAMAGED'],
  },
  listCaptures: {
    query: object('Which', {
      after: count('The cursor: `next` of the page before'),
      newest: flag('Newest first'),
      state: oneOf('Only those in that state', STATES),
      camera: CAMERA_ID,
      app: text('Only those of that app; for operators'),
      limit: integer('How many at most; default 100', 1, 1000),
    }),
    replies: { 200: json('A page of captures', 'CapturePage') },
    errors: [],
  },
  endCapture: {
    path: onCapture,
    replies: { 200: json('The capture, cancelled or released; others stay as they are', 'Capture') },
    errors: ['UNKNOWN', 'UNWRITABLE'],
  },
  ackCapture: {
    path: onCapture,
    replies: { 200: json('The capture; its product need not be held any more', 'Capture') },
    errors: ['UNKNOWN', 'STATE', 'UNWRITABLE'],
  },
  holdCapture: {
    path: onCapture,
    body: json('For how long', 'Hold'),
    replies: { 200: json('The capture; its product is kept until holdUntil', 'Capture') },
    errors: ['UNKNOWN', 'STATE', 'UNWRITABLE'],
  },
  getRaw: file('The frame as the camera delivered it', true),
  getProduct: file('The restored frame', true),
  getThumbnail: file('A JPEG', false),
  getEvents: {
    query: object('Which', {
      after: count('The cursor: `next` of the reply before; default 0, from the oldest'),
      wait: integer('Seconds to wait for an event where there is none; default 0', 0, MOST_WAIT_SECONDS),
      limit: integer('How many at most; default 100. With 0 only `firstSeq` and `lastSeq`, at once', 0, 1000),
    }),
    headers: {
      accept: 'text/event-stream for a stream',
      'last-event-id': 'For a stream: the last event that has been seen; goes before `after`',
    },
    replies: {
      200: { description: 'Events; as JSON or as a stream', schema: 'EventPage', types: ['text/event-stream'] },
    },
    errors: ['QUOTA', 'GONE'],
  },
  listCameras: { replies: { 200: json('All cameras', 'CameraList') }, errors: [] },
  pushFrame: {
    path: record('Which camera', { id: CAMERA_ID }),
    query: object('For what', { capture: CAPTURE_ID }),
    body: { description: 'The frame, with its media type', types: ['image/*', 'application/octet-stream'] },
    replies: { 201: json('It is durable', 'Frame') },
    errors: ['UNKNOWN', 'STATE', 'TOO_LARGE', 'CAMERA', 'FULL'],
  },
  getHealth: { replies: { 200: json('It is ready', 'Health'), 503: json('It is not', 'Health') }, errors: [] },
  getTelemetry: {
    replies: { 200: { description: 'A record of 128 bytes', types: ['application/octet-stream'] } },
    errors: [],
  },
  getOpenApi: { replies: { 200: { description: 'OpenAPI 3.1', types: ['application/json'] } }, errors: [] },
  getMetrics: {
    replies: { 200: { description: 'Metrics', types: ['application/openmetrics-text'] } },
    errors: [],
  },
  getPage: {
    query: object('Which', { view: CAPTURE_ID }),
    replies: { 200: { description: 'A page', types: ['text/html'] } },
    errors: ['UNKNOWN'],
  },
};
