import { ServiceClock, readMark } from '../clock.js';
import type { ClockMark } from '../clock.js';
import type { Io } from '../io.js';
import type { Context } from './context.js';
import type { CaptureRecord, Meta } from './records.js';

/** Without any change, what time it is is kept so often. */
const KEEP_MS = 60_000;

/** The clock that goes on where the last run of the store has left it. */
export function openClock(
  io: Io,
  meta: Meta,
  records: readonly CaptureRecord[],
  longestOffSeconds: number,
): ServiceClock {
  const mark = readMark(meta.clock) ?? newest(records);
  return new ServiceClock(io, mark, 1000 * longestOffSeconds);
}

/** What captures say of the time, where the database does not. */
function newest(records: readonly CaptureRecord[]): ClockMark | null {
  let mark: ClockMark | null = null;
  for (const { capture } of records) {
    const { times, createdAt, storedAt } = capture;
    const service = storedAt === null ? times.created : (times.ended ?? times.created);
    const wall = storedAt ?? createdAt;
    if (service > (mark?.service ?? -1)) mark = { service, wall, boot: '', monotonic: 0 };
  }
  return mark;
}

/** Tells of steps of the wall clock, and keeps what time it is. */
export async function keepTime({ clock, ledger }: Context): Promise<void> {
  for (const { milliseconds } of [...clock.untold()]) {
    await ledger.note({ type: 'clock', detail: { milliseconds } });
    clock.told();
  }
  if (clock.now() - (ledger.meta.clock?.service ?? 0) >= KEEP_MS) await ledger.note(null);
}
