import { PartFile } from '../../files/part-file.js';
import type { PartPaths } from '../../files/part-file.js';
import { unwritable } from '../../files/write-file.js';
import { createRowWriter } from '../../image/row-writer.js';
import type { RowPicture, RowWriter } from '../../image/row-writer.js';
import { roundSigned, signedRuleOf } from '../../image/tiff/signed.js';
import { digestOf } from '../../runtime/digest.js';
import { ArgumentError, IntegrityError, PerifocalError } from '../../runtime/errors.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';
import type { FrameReport } from '../restoration.js';
import { formatJournal } from './journal.js';
import type { Journal, SceneIdentity } from './journal.js';
import { holdsWindows } from './read-windows.js';
import type { SceneWork } from './scene-work.js';

/** Where a scene is written, and what is known of it. */
export interface SceneOutput {
  readonly paths: PartPaths;
  readonly picture: RowPicture;
  readonly identity: SceneIdentity;
  /** Of an earlier run that is gone on with; null: there was none. */
  readonly journal: Journal | null;
}

/**
 * Writes a scene window by window. After each of them another run can go on with the part; where there is none yet, a
 * failure leaves nothing behind. Rejects with PerifocalError or the reason of the scope's signal.
 */
export async function writeScene<Report extends FrameReport>(
  work: SceneWork<Report>,
  output: SceneOutput,
  scope: Scope,
): Promise<void> {
  const { paths, journal } = output;
  await using part = await PartFile.open(paths, journal?.written.position ?? null);
  try {
    const { threads, signal } = scope;
    const digests = work.ends && [...(journal?.digests ?? [])];
    const verify = digests ? holdsWindows(work.scene.windows, digests, signal, paths.target) : undefined;
    const writer = createRowWriter(part.handle, output.picture, { threads, signal, verify, from: journal?.written });
    await writeWindows(work, output, part, writer, digests);
    const isWhole = await writer.finish(paths.target);
    if (isWhole) await verify?.(paths.part);
    signal.throwIfAborted();
    await (isWhole ? part.finish() : part.discard());
  } catch (error) {
    // What reads back otherwise is not to be gone on with.
    if ((!part.isRecorded && !journal) || error instanceof IntegrityError) await part.discard();
    scope.signal.throwIfAborted();
    // What the system says of the file is no error of this package's yet.
    if (error instanceof PerifocalError || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw unwritable(paths.target, (error as Error).message, { cause: error });
  }
}

async function writeWindows<Report extends FrameReport>(
  work: SceneWork<Report>,
  { identity, journal, picture }: SceneOutput,
  part: PartFile,
  writer: RowWriter,
  digests: (string | null)[] | null,
): Promise<void> {
  const { rows, windows } = work.scene;
  const rule = picture.format === 'tiff' ? signedRuleOf({ ...picture.size, metadata: picture.metadata }) : null;
  const nextRow = journal?.written.nextRow ?? 0;
  const left = windows.filter(({ top }) => top >= nextRow);
  if (nextRow < windows.at(-1)!.end && left[0]?.top !== nextRow)
    throw new ArgumentError(`Cannot go on with row ${nextRow + 1}: no window begins there; remove the part`);
  if (journal) await work.goOnWith(nextRow, journal.missingPixels);
  for (const window of left) {
    await work.restore(window, async (samples, count, mask) => {
      // Digests are of what reads back.
      if (digests && rule) roundSigned(samples, rule);
      if (digests) digests[windows.indexOf(window)] = await digestOf([samples], new Pauses());
      await writer.writeRows(samples, count, mask);
    });
    const written = await writer.state();
    const facts = { identity, rows, missingPixels: work.missingPixels, written };
    await part.record(
      formatJournal({ ...facts, ...(digests && { digests: Array.from(digests, (one) => one ?? null) }) }),
    );
  }
}
