import type { Capture, CaptureState } from '../capture/capture.js';
import { hold, mark, step } from '../capture/machine.js';
import type { CaptureChange, Mark, Step } from '../capture/machine.js';
import { StateError } from '../errors.js';
import type { Context } from './context.js';
import { requireHold } from './admission.js';
import { limitsOf } from './options.js';
import { recordOf, requireEntry } from './records-of.js';
import type { CaptureRecord, Entry } from './records.js';
import { tidyEntry } from './tidy.js';

/** States in which a capture may have files that its next state does not want. */
const WITH_FILES: readonly CaptureState[] = ['acquiring', 'acquired', 'restoring'];

/** The record of a capture that is in no terminal state. Throws StateError where it is in one. */
export function liveRecord(context: Context, id: string): CaptureRecord & { readonly capture: Capture } {
  const entry = requireEntry(context, id);
  if (entry.live) return { capture: entry.live, manifestBytes: entry.bytes.manifest };
  throw new StateError(`Capture ${id} is ${entry.state}, and that is final: request another one`);
}

/** One step of the state machine, durable with its event; whoever calls has the capture's turn. */
export async function move(
  context: Context,
  id: string,
  change: CaptureChange,
  manifestBytes?: number,
  now = context.clock.moment(),
): Promise<Capture> {
  const untidy = WITH_FILES.includes(requireEntry(context, id).state) && dropsFiles(change);
  const [done] = await context.ledger.commit(() => {
    const record = liveRecord(context, id);
    const { capture, type, detail } = step(record.capture, change, now);
    const kept = manifestBytes ?? record.manifestBytes;
    return [{ record: { capture, manifestBytes: kept }, event: { type, detail }, untidy }];
  });
  if (untidy) await tidyEntry(context, requireEntry(context, id));
  return done!.record.capture;
}

/** Whether a step leaves files behind that are of no use any more. */
function dropsFiles(change: CaptureChange): boolean {
  if (change.to === 'acquired') return 'reason' in change;
  return change.to !== 'acquiring' && change.to !== 'restoring' && change.to !== 'stored';
}

/** Acknowledges or releases a stored product; nothing where that has happened before. */
export async function markStored(
  context: Context,
  entry: Entry,
  what: Exclude<Mark, 'evicted'>,
  by: string,
): Promise<Capture> {
  const record = await recordOf(context, entry);
  const marked = mark(record.capture, what);
  return marked ? tell(context, record, marked, by) : record.capture;
}

/** Holds a stored product from now on. The manifest says so too, in case the database is made anew. */
export async function holdStored(context: Context, entry: Entry, seconds: number, by: string): Promise<Capture> {
  requireHold(by, seconds, limitsOf(context.limits, entry.app));
  const record = await recordOf(context, entry);
  const held = hold(record.capture, seconds, context.clock.moment());
  const capture = await tell(context, record, held, by, true);
  await tidyEntry(context, entry);
  return capture;
}

async function tell(context: Context, record: CaptureRecord, made: Step, by: string, untidy = false): Promise<Capture> {
  const { capture, type, detail } = made;
  const event = { type, detail: { ...detail, by } };
  await context.ledger.commit(() => [{ record: { ...record, capture }, event, untidy }]);
  return capture;
}
