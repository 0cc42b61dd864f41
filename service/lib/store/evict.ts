import { dirname, join } from 'node:path';
import type { Capture, StoredFile } from '../capture/capture.js';
import { mark } from '../capture/machine.js';
import type { ServiceError } from '../errors.js';
import type { Context } from './context.js';
import { folderOf } from './layout.js';
import { recordOf } from './records-of.js';
import type { Entry } from './records.js';
import { limitsOf } from './options.js';
import type { Removal } from './removables.js';
import { planRemovals } from './retention.js';
import { markStored } from './steps.js';
import { tidyEntry } from './tidy.js';

/** Things that go in one round: the event loop and the disk are for others too. */
const MOST_IN_A_ROUND = 64;

/** Ends holds whose time is over, then takes away what has to go. */
export async function retain(context: Context, freeBytes: number): Promise<void> {
  const { catalogue, limits, clock } = context;
  const { all } = catalogue;
  const ended = all.removables.held.items.slice(0, MOST_IN_A_ROUND).filter((entry) => hasEnded(context, entry));
  for (const entry of ended) await each(context, entry, () => endHold(context, entry));
  const apps = catalogue.apps.map(([app, share]) => ({ ...share, most: limitsOf(limits, app) }));
  const facts = { ...all, limits, now: clock.now(), freeBytes, apps };
  for (const removal of planRemovals(facts, MOST_IN_A_ROUND)) {
    await each(context, removal.entry, () => remove(context, removal));
  }
}

/** One capture whose record or folder is damaged does not keep the others from going. A full disk ends the round. */
async function each(context: Context, entry: Entry, run: () => Promise<unknown>): Promise<void> {
  try {
    await context.turns.take(entry.id, run);
  } catch (error) {
    const { code, message } = error as ServiceError;
    if (code === 'FULL' || code === 'CLOSED') throw error;
    context.problems.set('damage', `capture ${entry.id} cannot go: ${message}`);
  }
}

/** Its app may have held it anew while others had their turn. */
async function endHold(context: Context, entry: Entry): Promise<void> {
  if (hasEnded(context, entry)) await markStored(context, entry, 'released', 'retention');
}

const hasEnded = ({ clock }: Context, { retention, holdUntil }: Entry): boolean =>
  retention === 'held' && holdUntil !== null && holdUntil <= clock.now();

/**
 * The database says first what will be gone: whoever reads it never finds a file missing that it promised. Then the
 * manifest says it, then the file goes. A crash in between is finished by recovery.
 */
async function remove(context: Context, { entry, what }: Removal): Promise<void> {
  // It may have changed while others had their turn.
  if (context.catalogue.find(entry.id) !== entry || entry.live) return;
  if (what === 'record') return removeRecord(context, entry);
  if (what === 'product' && entry.retention !== 'released') return;
  // From its frame its product is made anew.
  if (what === 'raw' && context.ledger.broken.includes(entry.order)) return;
  const record = await recordOf(context, entry);
  const after = what === 'raw' ? { ...record.capture, raw: gone(record.capture.raw) } : evicted(record.capture);
  if (!after) return;
  const event = what === 'raw' ? null : ({ type: 'evicted', detail: { by: 'retention' } } as const);
  const change = { record: { ...record, capture: after }, event, untidy: true, broken: false };
  await context.ledger.commit(() => [change]);
  context.counts.evictedFiles += 1;
  await tidyEntry(context, entry);
}

/** A capture whose product has gone; null where it has gone already. */
function evicted(capture: Capture): Capture | null {
  const marked = mark(capture, 'evicted');
  if (!marked) return null;
  return { ...marked.capture, product: gone(capture.product), thumbnail: gone(capture.thumbnail) };
}

const gone = (file: StoredFile | null): StoredFile | null => file && { ...file, present: false };

/** The last that is known of a capture goes: its manifest first, since a record without one is still a record. */
async function removeRecord(context: Context, entry: Entry): Promise<void> {
  const { io } = context;
  const folder = folderOf(context.folder, entry);
  if ((await io.stat(folder))?.kind === 'folder') {
    for (const name of await io.list(folder)) await io.unlink(join(folder, name));
    await io.syncFolder(folder);
    await io.removeFolder(folder);
    context.folders.forget(folder);
    await io.syncFolder(dirname(folder));
  }
  await context.ledger.remove(entry);
}
