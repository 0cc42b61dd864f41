import type { PartPaths } from '../../files/part-file.js';
import { RegularFile } from '../../files/read-file.js';
import { unwritable } from '../../files/write-file.js';
import type { RowPicture } from '../../image/row-writer.js';
import { holdsSeal } from '../../image/seal.js';
import type { Scope } from '../../runtime/scope.js';
import { firstWindows } from './journal.js';
import type { Journal } from './journal.js';

/** What of a part can be gone on with. */
export interface TrustedPart {
  /** Null: nothing. */
  readonly journal: Journal | null;
  /** For people. */
  readonly warnings: readonly string[];
}

/**
 * Reads what an earlier run has left, window by window, up to the first that is not as it was written. Rejects with
 * ImageError where it is no file, or the reason of the scope's signal.
 */
export async function trustPart(
  journal: Journal,
  picture: RowPicture,
  { part, target }: PartPaths,
  scope: Scope,
): Promise<TrustedPart> {
  await using file = await RegularFile.open(part).catch((cause: Error) => {
    throw unwritable(target, cause.message, { cause });
  });
  const { windows } = journal;
  let top = 0;
  for (const [index, { mark, seal }] of windows.entries()) {
    if (!(await holdsSeal(file, seal, scope.signal))) {
      const what = `rows ${top + 1} to ${mark.nextRow} of ${part} were not as an earlier run has written them`;
      const warning = `${what}, and were restored anew with all below them: check the disk`;
      return { journal: firstWindows(journal, index, picture), warnings: [warning] };
    }
    top = mark.nextRow;
    scope.progress({ unit: 'rows', phase: 'verify', done: top, total: picture.size.height });
  }
  return { journal, warnings: [] };
}
