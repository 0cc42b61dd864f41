import { join } from 'node:path';
import type { Capture } from '../capture/capture.js';
import { step } from '../capture/machine.js';
import type { CaptureChange, Step } from '../capture/machine.js';
import type { Context } from './context.js';
import { diskError } from './durable.js';
import { ACQUIRED, INBOX, MANIFEST, folderOf } from './layout.js';
import { filesAreWhole } from './products.js';
import { quarantine } from './quarantine.js';
import { readManifest } from './records-of.js';
import { finishRepairs } from './repairs.js';
import type { CaptureRecord } from './records.js';
import { clearInbox, expectedNames, manifestBytesIn, tidyAll, tidyEntry } from './tidy.js';

/** What recovery has done. */
export interface Recovered {
  requeued: number;
  completed: number;
}

const RESTARTED = 'the service was started again';

/**
 * Brings files and database in line after a crash. Every capture that is in no terminal state goes to where its files
 * let it: forward where its next files were whole already, else back into the queue.
 */
export async function recover(context: Context): Promise<Recovered> {
  const recovered: Recovered = { requeued: 0, completed: 0 };
  recovered.completed += await finishRepairs(context);
  await tidyAll(context);
  await emptyInbox(context);
  for (const capture of context.catalogue.queue.all()) {
    await orLater(context, capture, () => recoverCapture(context, capture, recovered));
  }
  return recovered;
}

/** Tries again what recovery could not do: it may go on as soon as there is room. */
export async function recoverRest(context: Context): Promise<void> {
  for (const capture of context.unrecovered) {
    context.unrecovered.delete(capture);
    await context.turns.take(capture.id, async () => {
      // Somebody has taken it further.
      if (context.catalogue.find(capture.id)?.live !== capture) return;
      await orLater(context, capture, () => recoverCapture(context, capture, { requeued: 0, completed: 0 }));
    });
  }
}

/** One capture that the disk refuses does not keep the others from being served. */
async function orLater(context: Context, capture: Capture, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    context.unrecovered.add(capture);
    const { code, message } = diskError(error, `recovering capture ${capture.id}`);
    context.problems.set(code === 'FULL' ? 'full' : 'untidy', `capture ${capture.id}: ${message}`);
  }
}

/** Frames that were being written when the service ended are not whole. */
async function emptyInbox(context: Context): Promise<void> {
  for (const name of await context.io.list(join(context.folder, INBOX))) {
    try {
      await clearInbox(context, name);
    } catch (error) {
      context.problems.set('damage', `${INBOX}/${name} cannot be removed: ${(error as Error).message}`);
    }
  }
}

async function recoverCapture(context: Context, capture: Capture, recovered: Recovered): Promise<void> {
  const found = await whereItStands(context, capture);
  if (found) {
    const { step: taken, forward } = found;
    const manifestBytes = await manifestBytesIn(context, folderOf(context.folder, capture));
    const record = { capture: taken.capture, manifestBytes };
    const event = { type: taken.type, detail: taken.detail };
    await context.ledger.commit(() => [{ record, event, untidy: true }]);
    if (forward) recovered.completed += 1;
    else recovered.requeued += 1;
  }
  const entry = context.catalogue.find(capture.id);
  if (entry && (found || (await hasLeftovers(context, capture)))) await tidyEntry(context, entry);
}

/** Files that a step has left which was not taken in the end. */
async function hasLeftovers({ io, folder }: Context, capture: Capture): Promise<boolean> {
  const path = folderOf(folder, capture);
  if ((await io.stat(path)) === null) return false;
  const expected = expectedNames(capture);
  return (await io.list(path)).some((name) => !expected.has(name));
}

/** The step that a capture has to take now, or null where it stays. */
async function whereItStands(
  context: Context,
  capture: Capture,
): Promise<{ readonly step: Step; readonly forward: boolean } | null> {
  const { state } = capture;
  if (state === 'requested') return null;
  if (state === 'acquired') return (await frameIsThere(context, capture)) ? null : lost(context, capture);
  const next = await finished(context, capture);
  if (next) return { step: { ...next, detail: { ...next.detail, recovered: true } }, forward: true };
  if (state === 'restoring' && !(await frameIsThere(context, capture))) return lost(context, capture);
  const back: CaptureChange =
    state === 'acquiring' ? { to: 'requested', reason: RESTARTED } : { to: 'acquired', reason: RESTARTED };
  return { step: step(capture, back, context.clock.moment()), forward: false };
}

/** In its size: it was durable, and reading all frames that wait would take long. */
async function frameIsThere({ io, folder }: Context, capture: Capture): Promise<boolean> {
  const { raw } = capture;
  return raw !== null && (await io.stat(join(folderOf(folder, capture), raw.name)))?.bytes === raw.bytes;
}

function lost(context: Context, capture: Capture): { step: Step; forward: boolean } {
  const reason = 'the frame is not there as it was stored: the medium fails';
  context.counts.damagedFiles += 1;
  context.problems.set('damage', `capture ${capture.id}: ${reason}`);
  return { step: step(capture, { to: 'failed', reason }, context.clock.moment()), forward: true };
}

/** The step that had its files whole and only missed the database. */
async function finished(context: Context, capture: Capture): Promise<Step | null> {
  const [name, to] =
    capture.state === 'acquiring' ? ([ACQUIRED, 'acquired'] as const) : ([MANIFEST, 'stored'] as const);
  const manifest = await readManifest(context.io, join(folderOf(context.folder, capture), name));
  if (manifest?.capture.id !== capture.id || manifest.capture.state !== to) return null;
  // What is left of an earlier attempt is not what this one was making.
  if (manifest.capture.attempts !== capture.attempts || manifest.capture.restorations !== capture.restorations)
    return null;
  if (!(await filesAreWhole(context, manifest.capture))) return null;
  const { raw, product } = manifest.capture;
  const sha256 = (to === 'acquired' ? raw : product)?.sha256;
  return {
    capture: { ...manifest.capture, order: capture.order },
    type: to,
    detail: { sha256, level: manifest.capture.level },
  };
}

/** Keeps folders aside that no record knows; resolves with how many files were in them. */
export async function quarantineFolders(
  context: Pick<Context, 'io' | 'folder' | 'counts'>,
  strangers: readonly { readonly path: string; readonly id: string }[],
  known: readonly CaptureRecord[],
): Promise<number> {
  const paths = new Set(known.map(({ capture }) => folderOf(context.folder, capture)));
  let files = 0;
  for (const { path, id } of strangers.filter((each) => !paths.has(each.path))) {
    files += (await context.io.list(path)).length;
    await quarantine(context, path, id);
  }
  return files;
}
