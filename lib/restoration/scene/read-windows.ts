import type { VerifyFile } from '../../files/write-file.js';
import { readingBack, readsOtherwise } from '../../image/read-back.js';
import { digestOf } from '../../runtime/digest.js';
import { Pauses } from '../../runtime/pauses.js';
import type { SceneRecord } from './scene-record.js';
import type { SceneWindow } from './windows.js';

/**
 * That a file holds the rows of windows as they were given to its writer; read once more where it seems otherwise.
 * @param record of the windows, with digests of their samples where they were taken
 * @param onWrong told of a window that is not as it was written
 */
export function holdsWindows(
  windows: readonly SceneWindow[],
  record: SceneRecord,
  signal: AbortSignal,
  path: string,
  onWrong: (index: number) => void,
): VerifyFile {
  return readingBack(path, signal, async (stored) => {
    for (const [index, { top, end }] of windows.entries()) {
      const meant = record.windows[index]?.digest;
      if (!meant) continue;
      const read = async (): Promise<string | null> => {
        // What cannot be unpacked is not as it was written, either.
        const rows = await stored.readRows({ top, count: end - top }, signal).catch(() => null);
        signal.throwIfAborted();
        return rows && (await digestOf([rows.data], new Pauses(signal)));
      };
      if ((await read()) === meant || (await read()) === meant) continue;
      onWrong(index);
      throw readsOtherwise(path, `rows ${top + 1} to ${end}`);
    }
  });
}
