import { FORMATS, LEVELS } from '../capture/capture.js';
import type { Level, OutputRequest } from '../capture/capture.js';
import { REQUEST_DEFAULTS, YEAR_SECONDS, isName } from '../capture/request.js';
import type { DriverOptions } from '../drivers/open.js';
import { PUSHING_DRIVERS } from '../drivers/open.js';
import type { ExecOptions } from '../drivers/exec.js';
import type { CameraSettings, StandingRequest } from '../engine/settings.js';
import { type Fields, refuse, textItem } from './fields.js';

const DRIVERS = ['folder', 'exec', 'push', 'replay', 'v4l2'] as const;
const OVERFLOWS = ['drop-oldest-raw', 'drop-newest', 'block'] as const;
const MIB = 2 ** 20;
/** A day. */
const LONGEST_SECONDS = 86_400;
const MOST_FRAMES = 1e9;
const SIDE = { least: 16, most: 65_535 };
/** Cameras that send on their own may take their time. */
const WAITING_SECONDS = 600;
const TAKING_SECONDS = 60;

/** The cameras of a configuration, by their names. */
export function readCameras(fields: Fields): readonly CameraSettings[] {
  const cameras = fields.keys.map((name) => {
    if (!isName(name)) throw refuse(fields.at(name), name, 'a name of 1 to 64 of a-z, 0-9, dot, underscore and hyphen');
    return readCamera(name, fields.object(name));
  });
  return fields.done(cameras);
}

function readCamera(name: string, fields: Fields): CameraSettings {
  const driver = readDriver(fields);
  const isPushing = PUSHING_DRIVERS.includes(driver.driver);
  const standing = fields.orNull('standing', (key) => readStanding(fields.object(key)));
  if (standing && !isPushing) {
    throw refuse(fields.at('standing'), standing, `none: no frames of the kind ${driver.driver} come unasked`);
  }
  const waiting = isPushing ? WAITING_SECONDS : TAKING_SECONDS;
  return fields.done({
    name,
    driver,
    timeoutSeconds: fields.number('timeoutSeconds', { least: 0.1, most: LONGEST_SECONDS }, waiting),
    attempts: fields.integer('attempts', { least: 1, most: 100 }, 3),
    mostBytes: fields.integer('mostBytes', { least: 1024, most: 4096 * MIB }, 64 * MIB),
    pushers: fields.list('pushers', readApp, []),
    standing,
    queue: fields.integer('queue', { least: 1, most: 10_000 }, 16),
    overflow: fields.oneOf('overflow', OVERFLOWS, 'drop-newest'),
  });
}

function readApp(item: unknown, where: string): string {
  if (isName(item)) return item;
  throw refuse(where, item, 'the name of an app: 1 to 64 of a-z, 0-9, dot, underscore and hyphen');
}

const readSize = (fields: Fields) => ({
  width: fields.orNull('width', (key) => fields.integer(key, SIDE)),
  height: fields.orNull('height', (key) => fields.integer(key, SIDE)),
});

function readDriver(fields: Fields): DriverOptions {
  const driver = fields.oneOf('driver', DRIVERS);
  switch (driver) {
    case 'folder':
      return {
        driver,
        folder: fields.text('folder'),
        rescanSeconds: fields.number('rescanSeconds', { least: 0.1, most: 3600 }, 2),
        stableSeconds: fields.number('stableSeconds', { least: 0.05, most: 3600 }, 0.5),
        rejectSeconds: fields.number('rejectSeconds', { least: 1, most: LONGEST_SECONDS }, 60),
        ...readSize(fields),
      };
    case 'exec':
      return readExec(fields);
    case 'push':
      return { driver, ...readSize(fields) };
    case 'replay':
      return {
        driver,
        folder: fields.text('folder'),
        everySeconds: fields.orNull('everySeconds', (key) =>
          fields.number(key, { least: 0.01, most: LONGEST_SECONDS }),
        ),
        frames: fields.orNull('frames', (key) => fields.integer(key, { least: 1, most: MOST_FRAMES })),
        ...readSize(fields),
      };
    case 'v4l2':
      return {
        driver,
        device: fields.text('device'),
        width: fields.integer('width', { least: 16, most: 16_384 }),
        height: fields.integer('height', { least: 16, most: 16_384 }),
        coding: fields.oneOf('coding', ['MJPG', 'YUYV', 'GREY'], 'MJPG'),
        skip: fields.integer('skip', { least: 0, most: 1000 }, 0),
        frameSeconds: fields.number('frameSeconds', { least: 0.1, most: 600 }, 5),
      };
  }
}

function readExec(fields: Fields): ExecOptions {
  const command = fields.list('command', textItem);
  if (command.length === 0) throw refuse(fields.at('command'), command, 'a program and its arguments');
  const usesPath = command.some((word) => word.includes('{path}'));
  const limits = fields.object('limits');
  return {
    driver: 'exec',
    command,
    output: fields.oneOf('output', ['stdout', 'path'], usesPath ? 'path' : 'stdout'),
    extension: fields.has('extension') ? fields.text('extension') : '',
    killSeconds: fields.number('killSeconds', { least: 0.1, most: 600 }, 2),
    limits: limits.done({
      dataBytes: limits.orNull('dataBytes', (key) => limits.integer(key, { least: MIB, most: 2 ** 40 })),
      cpuSeconds: limits.orNull('cpuSeconds', (key) => limits.integer(key, { least: 1, most: LONGEST_SECONDS })),
      openFiles: limits.orNull('openFiles', (key) => limits.integer(key, { least: 8, most: 2 ** 20 })),
    }),
    ...readSize(fields),
  };
}

function readStanding(fields: Fields): StandingRequest {
  const app = fields.text('app');
  if (!isName(app)) throw refuse(fields.at('app'), app, 'the name of an app');
  return fields.done({
    app,
    priority: fields.integer('priority', { least: 0, most: 9 }, REQUEST_DEFAULTS.priority),
    levels: fields.list('levels', readLevel, LEVELS),
    output: readOutput(fields.object('output')),
    deadlineMs: fields.orNull('deadlineMs', (key) => fields.integer(key, { least: 1, most: YEAR_SECONDS * 1000 })),
    holdForSeconds: fields.integer('holdForSeconds', { least: 0, most: YEAR_SECONDS }, REQUEST_DEFAULTS.holdForSeconds),
  });
}

function readLevel(item: unknown, where: string): Level {
  if (LEVELS.includes(item as Level)) return item as Level;
  throw refuse(where, item, `one of ${LEVELS.join(', ')}`);
}

function readOutput(fields: Fields): OutputRequest {
  const format = fields.oneOf('format', FORMATS, 'png');
  const quality = fields.orNull('quality', (key) => fields.integer(key, { least: 1, most: 100 }));
  if (quality !== null && format !== 'jpeg' && format !== 'webp') {
    throw refuse(fields.at('quality'), quality, 'none: jpeg and webp have one');
  }
  return fields.done(quality === null ? { format } : { format, quality });
}
