export type {
  CaptureEvent,
  CaptureRequest,
  CaptureState,
  EventType,
  Level,
  OutputRequest,
  PublicCapture as Capture,
  StoredFile,
} from '../capture/capture.js';
export { CaptureClient } from './client.js';
export type { Camera, CaptureWish, ClientOptions, FileKind, ListOptions } from './client.js';
export { CaptureClientError } from './errors.js';
export type { EventOptions } from './events.js';
export type { Place } from './transport.js';
