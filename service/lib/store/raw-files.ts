import { dirname, join } from 'node:path';
import type { Capture, StoredFile } from '../capture/capture.js';
import { step } from '../capture/machine.js';
import { ServiceError } from '../errors.js';
import type { Context } from './context.js';
import { onDisk, seal, writeDurably } from './durable.js';
import { ACQUIRED, INBOX, folderParts, rawName } from './layout.js';
import { encodeManifest } from './manifest.js';
import { liveRecord, move } from './steps.js';
import type { RawFacts } from './store.js';

export const inboxPath = (folder: string, id: string): string => join(folder, INBOX, id);

/**
 * Takes a frame: its bytes durable, then its name, then its record beside it, then the database. After a crash in
 * between, recovery finds it whole or has it acquired again; after an error, it may be called again.
 */
export async function adopt(context: Context, id: string, path: string, facts: RawFacts): Promise<Capture> {
  const { capture } = liveRecord(context, id);
  const { io } = context;
  if (dirname(path) !== join(context.folder, INBOX)) {
    throw new ServiceError(
      'INVALID',
      `${path} is not in the inbox: have the driver write to ${inboxPath('', id)} there`,
    );
  }
  const name = rawName(facts.mime);
  return onDisk(`taking the frame of capture ${id}`, async () => {
    const folder = await context.folders.make(context.folder, folderParts(capture));
    const target = join(folder, name);
    const source = await findSource(context, path, target);
    const sealed = await seal(io, source);
    if (sealed.bytes === 0) throw new ServiceError('CAMERA', `The frame of capture ${id} is empty: see the camera`);
    const { width, height, mime } = facts;
    const raw: StoredFile = { name, ...sealed, mime, width, height, present: true };
    const change = { to: 'acquired', raw, acquiredAt: facts.acquiredAt ?? io.now() } as const;
    const record = encodeManifest({
      ...step(capture, change, context.clock.moment()),
      lastSeq: context.ledger.meta.lastSeq,
    });
    if (source !== target) await io.rename(source, target);
    await dropOthers(context, folder, name);
    await writeDurably(io, join(folder, ACQUIRED), record);
    await io.syncFolder(folder);
    return move(context, id, change, record.length);
  });
}

/** An earlier attempt may have left a frame of another kind. */
async function dropOthers({ io }: Context, folder: string, name: string): Promise<void> {
  for (const other of await io.list(folder)) {
    if (other.startsWith('raw.') && other !== name) await io.unlink(join(folder, other));
  }
}

/** Where the frame is: in the inbox, or where an earlier attempt has put it. */
async function findSource({ io }: Context, path: string, target: string): Promise<string> {
  for (const place of [path, target]) {
    const found = await io.stat(place);
    if (found?.kind === 'file') return place;
    if (found) throw new ServiceError('CAMERA', `${place} is no file: see the camera`);
  }
  throw new ServiceError('CAMERA', `There is no frame at ${path}: see the camera`);
}
