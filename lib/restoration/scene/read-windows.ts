import type { VerifyFile } from '../../files/write-file.js';
import { readingBack, readsOtherwise } from '../../image/read-back.js';
import { digestOf } from '../../runtime/digest.js';
import { Pauses } from '../../runtime/pauses.js';
import type { SceneWindow } from './windows.js';

/**
 * That a file holds the rows of windows as they were given to its writer; read once more where it seems otherwise.
 * @param digests of the samples of each window; null or missing where an earlier run has taken none
 */
export function holdsWindows(
  windows: readonly SceneWindow[],
  digests: readonly (string | null)[],
  signal: AbortSignal,
  path: string,
): VerifyFile {
  return readingBack(path, signal, async (stored) => {
    for (const [index, { top, end }] of windows.entries()) {
      const meant = digests[index];
      if (!meant) continue;
      const read = async (): Promise<string> => {
        const { data } = await stored.readRows({ top, count: end - top }, signal);
        return await digestOf([data], new Pauses(signal));
      };
      if ((await read()) !== meant && (await read()) !== meant) throw readsOtherwise(path, `rows ${top + 1} to ${end}`);
    }
  });
}
