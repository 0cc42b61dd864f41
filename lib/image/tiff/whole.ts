import { damaged } from '../codec/inspection.js';
import type { Directory } from './directory.js';
import { TAG } from './tags.js';

/** Bytes of the smallest lists of places: those of a sound file do not overlap, and so fit into it. */
const NUMBER_BYTES = 2;

/**
 * Throws ImageProblem where data of a directory lie beyond the end of the file: it was cut, also where the chosen page
 * is whole.
 */
export async function requireWholeDirectories(directories: readonly Directory[]): Promise<void> {
  let room = (directories[0]?.file.sizeBytes ?? 0) / NUMBER_BYTES;
  for (const [index, directory] of directories.entries()) {
    for (const [offsetTag, sizeTag] of [
      [TAG.stripOffsets, TAG.stripByteCounts],
      [TAG.tileOffsets, TAG.tileByteCounts],
    ] as const) {
      const count = Math.min(directory.count(offsetTag), directory.count(sizeTag));
      room -= 2 * count;
      if (room < 0) throw damaged('its lists of strips and tiles overlap');
      await requireWhole(directory, { offsetTag, sizeTag, count, number: index + 1 });
    }
  }
}

interface Lists {
  readonly offsetTag: number;
  readonly sizeTag: number;
  readonly count: number;
  /** Of the directory, from 1. */
  readonly number: number;
}

async function requireWhole(directory: Directory, { offsetTag, sizeTag, count, number }: Lists): Promise<void> {
  if (count === 0) return;
  const { sizeBytes } = directory.file;
  const [offsets, sizes] = [await directory.numbers(offsetTag, count), await directory.numbers(sizeTag, count)];
  for (let index = 0; index < count; index += 1)
    if (offsets[index]! + sizes[index]! > sizeBytes)
      throw damaged(`data of its directory ${number} lie beyond its end; the file may have been cut`);
}
