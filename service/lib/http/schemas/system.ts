import { STATUS_OF } from '../errors.js';
import { CAMERA_ID, CAPTURE_ID } from './captures.js';
import { count, flag, list, named, number, object, oneOf, orNull, record, text, time } from './schema.js';
import type { Schema } from './schema.js';

const ERROR = record('What went wrong', {
  error: object(
    'The code is stable; the message is for people',
    {
      code: oneOf('What it is', Object.keys(STATUS_OF)),
      message: text('What was wrong, with the value, and what to do'),
      retryAfterSeconds: count('When to try again'),
    },
    ['code', 'message'],
  ),
});

const CAMERA = record('A camera', {
  id: CAMERA_ID,
  driver: text('The kind of its driver'),
  healthy: flag('Whether it works'),
  reason: orNull(text('What is wrong with it')),
  width: orNull(count('Pixels of a row, where they are known')),
  height: orNull(count('Rows, where they are known')),
});

const use = (description: string): Schema =>
  object(description, { used: count('So many'), limit: count('So many may be') });

/** Schemas of the service itself that have names. */
export const SYSTEM_SCHEMAS = {
  Error: ERROR,
  Camera: CAMERA,
  CameraList: record('All cameras', { cameras: list('In the order of the configuration', named('Camera')) }),
  Frame: record('What a frame was taken for', { captureId: CAPTURE_ID }),
  Health: record('How the service is', {
    live: flag('Whether it works at all'),
    ready: flag('Whether it takes requests'),
    degraded: list('What does not work as it should', text('In words')),
    clock: object('The wall clock beside that of the service, which nobody can set', {
      aheadSeconds: number('What the wall clock is ahead'),
      steps: count('How often it was set since the start'),
      lastStep: orNull(
        object('When it was last set', {
          milliseconds: number('By how much; forward where positive'),
          at: time('What it said then'),
        }),
      ),
    }),
    quota: object('What the app that asks takes, and may take', {
      app: text('Its name'),
      captures: use('Captures that wait or are worked on'),
      waitingBytes: use('Bytes of their raw frames'),
      keptBytes: use('Bytes of all of its files'),
      records: use('Captures, whatever has become of them'),
      holdSeconds: count('The longest hold that it may ask for'),
    }),
    version: text('Of the service'),
  }),
} as const;
