import { PartFile } from '../../files/part-file.js';
import type { PartPaths } from '../../files/part-file.js';
import { RegularFile } from '../../files/read-file.js';
import { unwritable } from '../../files/write-file.js';
import { integerRuleOf, roundIntegers } from '../../image/integers.js';
import { createRowWriter } from '../../image/row-writer.js';
import type { RowPicture, RowWriter } from '../../image/row-writer.js';
import { holdsWritten, readsOtherwise } from '../../image/read-back.js';
import { SealingSpool, holdsSeal } from '../../image/seal.js';
import type { Seal } from '../../image/seal.js';
import { RunningDigest } from '../../runtime/digest.js';
import { ArgumentError, CodeChangedError, IntegrityError, PerifocalError } from '../../runtime/errors.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';
import type { FrameReport } from '../restoration.js';
import type { Journal, SceneIdentity } from './journal.js';
import { holdsWindows } from './read-windows.js';
import { SceneRecord } from './scene-record.js';
import type { SceneWork } from './scene-work.js';
import type { SceneWindow } from './windows.js';

/**
 * Rows, and windows, at the end of what was written when code turns out to have changed that may be computed by it: its
 * pieces are read in turn, all of them in 512 rows of a stream, or in a pass of a window.
 */
const DOUBTFUL = { rows: 1024, windows: 2 };

/** Where a scene is written, and what is known of it. */
export interface SceneOutput {
  readonly paths: PartPaths;
  readonly picture: RowPicture;
  readonly identity: SceneIdentity;
  /** Of an earlier run that is gone on with; null: there was none. */
  readonly journal: Journal | null;
}

/**
 * Writes a scene window by window. After each of them another run can go on with the part, whatever ends this one;
 * where there is none yet, a failure leaves nothing behind. Rejects with PerifocalError or the reason of the scope's
 * signal.
 */
export async function writeScene<Report extends FrameReport>(
  work: SceneWork<Report>,
  { paths, picture, identity, journal }: SceneOutput,
  scope: Scope,
): Promise<void> {
  const { threads, signal } = scope;
  await using part = await PartFile.open(paths, journal?.written.position ?? null);
  const record = new SceneRecord(part, picture, identity, work.scene.rows, journal);
  let wrong: number | null = null;
  try {
    const onWrong = (index: number): void => {
      wrong = index;
    };
    const verify = work.ends ? holdsWindows(work.scene.windows, record, signal, paths.target, onWrong) : undefined;
    const spool = new SealingSpool(part.handle);
    const readBack = verify && holdsWritten(verify, signal, paths.target);
    const writer = createRowWriter(spool, picture, { threads, signal, readBack, from: journal?.written });
    if (journal) await work.goOnWith(record.nextRow, record.windows.at(-1)!.missingPixels);
    for (const window of windowsFrom(record.nextRow, work.scene.windows))
      await writeWindow(work, window, { picture, record, spool, writer });
    const isWhole = await writer.finish(paths.target);
    if (isWhole && verify) {
      await requireSealed(paths, [...record.windows.map(({ seal }) => seal), spool.seal()], signal, onWrong);
      await verify(paths.part);
    }
    signal.throwIfAborted();
    await (isWhole ? part.finish() : part.discard());
  } catch (error) {
    if (error instanceof CodeChangedError) await record.keepFirst(countSure(record));
    if (wrong !== null) await record.keepFirst(wrong);
    if (record.windows.length === 0) await part.discard();
    signal.throwIfAborted();
    if (error instanceof IntegrityError) throw tellKept(error, record, paths);
    // What the system says of the file is no error of this package's yet.
    if (error instanceof PerifocalError || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw unwritable(paths.target, (error as Error).message, { cause: error });
  }
}

/**
 * That a part holds all bytes that were handed to it, masks and metadata included; read once more where it seems
 * otherwise. Rejects with IntegrityError.
 * @param seals of its windows, and of what was written behind them
 * @param onWrong told of a window that is not as it was written
 */
async function requireSealed(
  { part, target }: PartPaths,
  seals: readonly Seal[],
  signal: AbortSignal,
  onWrong: (index: number) => void,
): Promise<void> {
  await using file = await RegularFile.open(part);
  for (const [index, seal] of seals.entries()) {
    if ((await holdsSeal(file, seal, signal)) || (await holdsSeal(file, seal, signal))) continue;
    const isWindow = index < seals.length - 1;
    if (isWindow) onWrong(index);
    throw readsOtherwise(target, isWindow ? `window ${index + 1}` : 'its header or metadata');
  }
}

/** The windows from a row on. Throws ArgumentError where none begins there. */
function windowsFrom(row: number, windows: readonly SceneWindow[]): SceneWindow[] {
  const left = windows.filter(({ top }) => top >= row);
  if (row < windows.at(-1)!.end && left[0]?.top !== row)
    throw new ArgumentError(`Cannot go on with row ${row + 1}: no window begins there; remove the part`);
  return left;
}

/** Where windows are written. */
interface WindowTarget {
  readonly picture: RowPicture;
  readonly record: SceneRecord;
  readonly spool: SealingSpool;
  readonly writer: RowWriter;
}

async function writeWindow<Report extends FrameReport>(
  work: SceneWork<Report>,
  window: SceneWindow,
  { picture, record, spool, writer }: WindowTarget,
): Promise<void> {
  const rule = integerRuleOf(picture.format, picture.size, picture.metadata);
  const digest = work.ends && new RunningDigest();
  const pauses = new Pauses();
  await work.restore(window, async (samples, count, mask) => {
    // Digests are of what reads back.
    if (digest && rule) roundIntegers(samples, rule);
    await digest?.add(samples, pauses);
    await writer.writeRows(samples, count, mask);
  });
  const written = await writer.state();
  const facts = { missingPixels: work.missingPixels, seal: spool.seal(), digest: digest?.end() ?? null };
  await record.add(facts, written);
}

/** Windows that were written before code can have changed. */
function countSure({ windows, earlier, nextRow }: SceneRecord): number {
  const far = windows.filter(({ mark }) => mark.nextRow <= nextRow - DOUBTFUL.rows).length;
  return Math.max(earlier, Math.min(far, windows.length - DOUBTFUL.windows));
}

/** The same error, which says what is left of the work. */
function tellKept(error: IntegrityError, { nextRow }: SceneRecord, { target, part }: PartPaths): IntegrityError {
  if (nextRow === 0) return error;
  const kept = `rows 1 to ${nextRow} are whole and stay in ${part}`;
  const how = `write ${target} again with --resume (resume: true) to go on with them`;
  const Kind = error instanceof CodeChangedError ? CodeChangedError : IntegrityError;
  return new Kind(`${error.message}; ${kept}: ${how}`, { cause: error });
}
