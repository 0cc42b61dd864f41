import { NAME } from '../capture/request.js';
import { integer, list, number, object, oneOf, orNull, text } from '../http/schemas/schema.js';
import type { Schema } from '../http/schemas/schema.js';

const MIB = 2 ** 20;
const DAY = 86_400;

const path = (description: string): Schema => text(description, { minLength: 1 });
const seconds = (description: string, minimum: number, maximum: number, fallback: number): Schema =>
  number(`${description}, in seconds`, { minimum, maximum, default: fallback });

const SIZE = {
  width: orNull(integer('Pixels that every frame has', 16, 65_535)),
  height: orNull(integer('Pixels that every frame has', 16, 65_535)),
};

const SHARED = {
  timeoutSeconds: number('A frame that has not come by then has failed; 60, or 600 where frames come unasked', {
    minimum: 0.1,
    maximum: DAY,
  }),
  attempts: integer('To take a frame before its capture has failed', 1, 100, { default: 3 }),
  mostBytes: integer('More are no frame', 1024, 4096 * MIB, { default: 64 * MIB }),
  pushers: list('Apps that may send frames for all apps', text('An app', { pattern: NAME.source })),
  queue: integer('Captures that may wait', 1, 10_000, { default: 16 }),
  overflow: {
    ...oneOf('What becomes of a frame that is one too many', ['drop-oldest-raw', 'drop-newest', 'block']),
    default: 'drop-newest',
  },
};

/** The keys of each driver, beside those that all have. */
const DRIVERS: Readonly<Record<string, readonly [Readonly<Record<string, Schema>>, readonly string[]]>> = {
  folder: [
    {
      folder: path('Where frames come'),
      rescanSeconds: seconds('Between two looks', 0.1, 3600, 2),
      stableSeconds: seconds('Without a change', 0.05, 3600, 0.5),
      rejectSeconds: seconds('Until what is no frame is put aside', 1, DAY, 60),
      ...SIZE,
    },
    ['folder'],
  ],
  exec: [
    {
      command: list('A program and its arguments', text('A word', { minLength: 1 }), { minItems: 1 }),
      output: oneOf('Where the frame comes; path where a word has {path}', ['stdout', 'path']),
      extension: path('Of the path'),
      killSeconds: seconds('Between SIGTERM and SIGKILL', 0.1, 600, 2),
      limits: object('Of the program', {
        dataBytes: orNull(integer('Memory', MIB, 2 ** 40)),
        cpuSeconds: orNull(integer('Processor time', 1, DAY)),
        openFiles: orNull(integer('Files', 8, 2 ** 20)),
      }),
      ...SIZE,
    },
    ['command'],
  ],
  push: [SIZE, []],
  replay: [
    {
      folder: path('Of the frames'),
      everySeconds: orNull(number('A frame comes so often; null: when one is wanted', { minimum: 0.01, maximum: DAY })),
      frames: orNull(integer('How many come in all', 1, 1e9)),
      ...SIZE,
    },
    ['folder'],
  ],
  v4l2: [
    {
      device: path('Such as /dev/video0'),
      width: integer('Pixels', 16, 16_384),
      height: integer('Pixels', 16, 16_384),
      coding: { ...oneOf('Of the frames', ['MJPG', 'YUYV', 'GREY']), default: 'MJPG' },
      skip: integer('Frames that are thrown away first', 0, 1000, { default: 0 }),
      frameSeconds: seconds('For a frame', 0.1, 600, 5),
    },
    ['device', 'width', 'height'],
  ],
};
/** Of these, frames come unasked. */
const PUSHING = ['folder', 'push', 'replay'];

/** A camera, by its driver. @param standing what frames that come unasked are taken as */
export const CAMERA_SCHEMA = (standing: Schema): Schema => ({
  oneOf: Object.entries(DRIVERS).map(([driver, [keys, required]]) =>
    object(
      `A camera of the kind ${driver}`,
      {
        driver: { const: driver },
        ...keys,
        ...SHARED,
        standing: PUSHING.includes(driver) ? standing : { type: 'null' },
      },
      ['driver', ...required],
    ),
  ),
});
