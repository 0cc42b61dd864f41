import { join } from 'node:path';
import type { Capture, StoredFile } from '../capture/capture.js';
import { step } from '../capture/machine.js';
import type { Moment } from '../clock.js';
import { ServiceError } from '../errors.js';
import type { Disk } from '../io.js';
import type { Work } from '../io/work.js';
import { makeFolders, seal, writeDurably } from './durable.js';
import { ACQUIRED, rawName } from './layout.js';
import { encodeManifest } from './manifest.js';
import type { RawFacts } from './store.js';

/** A frame in the inbox, and where it goes. */
export interface FrameToPlace {
  readonly capture: Capture;
  readonly path: string;
  readonly folder: string;
  /** Folders that are not known to be durable, outermost first. */
  readonly missing: readonly string[];
  readonly facts: RawFacts;
  readonly acquiredAt: number;
  readonly now: Moment;
  readonly lastSeq: number;
}

/** A frame that is durable, with its record beside it. */
export interface PlacedFrame {
  readonly raw: StoredFile;
  readonly recordBytes: number;
}

async function place(io: Disk, frame: FrameToPlace): Promise<PlacedFrame> {
  const { capture, path, folder, facts, acquiredAt, now, lastSeq } = frame;
  const name = rawName(facts.mime);
  await makeFolders(io, frame.missing);
  const target = join(folder, name);
  const source = await findSource(io, path, target);
  const sealed = await seal(io, source);
  if (sealed.bytes === 0) {
    throw new ServiceError('CAMERA', `The frame of capture ${capture.id} is empty: see the camera`);
  }
  const { width, height, mime } = facts;
  const raw: StoredFile = { name, ...sealed, mime, width, height, present: true };
  const record = encodeManifest({ ...step(capture, { to: 'acquired', raw, acquiredAt }, now), lastSeq });
  if (source !== target) await io.rename(source, target);
  await dropOthers(io, folder, name);
  await writeDurably(io, join(folder, ACQUIRED), record);
  await io.syncFolder(folder);
  return { raw, recordBytes: record.length };
}

/** Makes a frame durable: its bytes, then its name, then its record beside it. */
export const placeFrame: Work<FrameToPlace, PlacedFrame> = { url: import.meta.url, name: 'placeFrame', run: place };

/** An earlier attempt may have left a frame of another kind. */
async function dropOthers(io: Disk, folder: string, name: string): Promise<void> {
  for (const other of await io.list(folder)) {
    if (other.startsWith('raw.') && other !== name) await io.unlink(join(folder, other));
  }
}

/** Where the frame is: in the inbox, or where an earlier attempt has put it. */
async function findSource(io: Disk, path: string, target: string): Promise<string> {
  for (const place of [path, target]) {
    const found = await io.stat(place);
    if (found?.kind === 'file') return place;
    if (found) throw new ServiceError('CAMERA', `${place} is no file: see the camera`);
  }
  throw new ServiceError('CAMERA', `There is no frame at ${path}: see the camera`);
}
