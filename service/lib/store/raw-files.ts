import { dirname, join } from 'node:path';
import type { Capture } from '../capture/capture.js';
import { ServiceError } from '../errors.js';
import type { Context } from './context.js';
import { onDisk } from './durable.js';
import { placeFrame } from './frame-files.js';
import { INBOX, folderParts } from './layout.js';
import { liveRecord, move } from './steps.js';
import type { RawFacts } from './store.js';

export const inboxPath = (folder: string, id: string): string => join(folder, INBOX, id);

/**
 * Takes a frame: its bytes durable, then its name, then its record beside it, then the database. After a crash in
 * between, recovery finds it whole or has it acquired again; after an error, it may be called again.
 */
export async function adopt(context: Context, id: string, path: string, facts: RawFacts): Promise<Capture> {
  const { capture } = liveRecord(context, id);
  const { io, folders, clock, ledger } = context;
  if (dirname(path) !== join(context.folder, INBOX)) {
    throw new ServiceError(
      'INVALID',
      `${path} is not in the inbox: have the driver write to ${inboxPath('', id)} there`,
    );
  }
  return onDisk(`taking the frame of capture ${id}`, async () => {
    const { folder, missing } = folders.find(context.folder, folderParts(capture));
    const acquiredAt = facts.acquiredAt ?? io.now();
    const { lastSeq } = ledger.meta;
    const frame = { capture, path, folder, missing, facts, acquiredAt, now: clock.moment(), lastSeq };
    const { raw, recordBytes } = await io.run(placeFrame, frame);
    folders.made(missing);
    return move(context, id, { to: 'acquired', raw, acquiredAt }, recordBytes);
  });
}
