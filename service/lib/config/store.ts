import { YEAR_SECONDS } from '../capture/request.js';
import { DEFAULT_LIMITS } from '../store/options.js';
import type { AppLimits, ClassLimit, QueueLimit, StoreLimits } from '../store/options.js';
import type { Fields } from './fields.js';

const COUNT = { least: 1 };
const BYTES = { least: 0 };

function readClass(fields: Fields, fallback: ClassLimit): ClassLimit {
  return fields.done({
    bytes: fields.integer('bytes', BYTES, fallback.bytes),
    ageSeconds: fields.number('ageSeconds', BYTES, fallback.ageSeconds),
  });
}

function readQueue(fields: Fields, fallback: QueueLimit): QueueLimit {
  return fields.done({
    captures: fields.integer('captures', COUNT, fallback.captures),
    bytes: fields.integer('bytes', COUNT, fallback.bytes),
  });
}

function readQuarantine(fields: Fields, fallback: StoreLimits['quarantine']): StoreLimits['quarantine'] {
  return fields.done({
    bytes: fields.integer('bytes', BYTES, fallback.bytes),
    files: fields.integer('files', BYTES, fallback.files),
  });
}

function readApp(fields: Fields, fallback: AppLimits): AppLimits {
  return fields.done({
    captures: fields.integer('captures', COUNT, fallback.captures),
    bytes: fields.integer('bytes', COUNT, fallback.bytes),
    keptBytes: fields.integer('keptBytes', COUNT, fallback.keptBytes),
    records: fields.integer('records', COUNT, fallback.records),
    holdSeconds: fields.integer('holdSeconds', { least: 0, most: YEAR_SECONDS }, fallback.holdSeconds),
  });
}

/** What the store may take; what is not said is as in {@link DEFAULT_LIMITS}. */
export function readLimits(fields: Fields): StoreLimits {
  const known = DEFAULT_LIMITS;
  const classes = fields.object('classes');
  const apps = fields.object('apps');
  const quotaBytes = fields.integer('quotaBytes', { least: 2 ** 20 }, known.quotaBytes);
  // Nobody fills the store alone, unless that is wanted.
  const usual = { ...known.app, keptBytes: Math.floor(quotaBytes / 2) };
  const app = readApp(fields.object('app'), usual);
  const limits = {
    quotaBytes,
    minFreeBytes: fields.integer('minFreeBytes', BYTES, known.minFreeBytes),
    classes: {
      raw: readClass(classes.object('raw'), known.classes.raw),
      product: readClass(classes.object('product'), known.classes.product),
      thumbnail: readClass(classes.object('thumbnail'), known.classes.thumbnail),
      manifest: readClass(classes.object('manifest'), known.classes.manifest),
    },
    queue: readQueue(fields.object('queue'), known.queue),
    records: fields.integer('records', COUNT, known.records),
    app,
    apps: Object.fromEntries(apps.keys.map((name) => [name, readApp(apps.object(name), app)])),
    events: fields.integer('events', { least: 100 }, known.events),
    quarantine: readQuarantine(fields.object('quarantine'), known.quarantine),
    reserveBytes: fields.integer('reserveBytes', BYTES, known.reserveBytes),
    longestOffSeconds: fields.number('longestOffSeconds', BYTES, known.longestOffSeconds),
    scrubSeconds: fields.number('scrubSeconds', { least: 0.1 }, known.scrubSeconds),
  };
  classes.done(apps.done(limits));
  return fields.done(limits);
}
