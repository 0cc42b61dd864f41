import type { Disk } from '../../io.js';
import type { Work } from '../../io/work.js';
import { EndsEarly, FileParts } from './bytes.js';
import type { ContainerFacts } from './bytes.js';
import { checkFits } from './fits.js';
import { checkJpeg } from './jpeg.js';
import { checkPng } from './png.js';
import { checkTiff } from './tiff.js';
import { checkWebp } from './webp.js';

export type { ContainerFacts } from './bytes.js';

/** What a file is: a whole frame, one that is still being written or was cut off, or none. */
export type Inspection =
  | ({ readonly state: 'whole' } & ContainerFacts)
  | { readonly state: 'partial' | 'garbage'; readonly reason: string };

/** Fewer bytes are no frame of any kind. */
const LEAST_BYTES = 16;

const CONTAINERS: readonly (readonly [
  magic: (head: Buffer) => boolean,
  check: (parts: FileParts) => Promise<ContainerFacts>,
])[] = [
  [(head) => head.readUInt16BE(0) === 0xffd8, checkJpeg],
  [(head) => head.readUInt32BE(0) === 0x89504e47, checkPng],
  [(head) => /^(II[*+]\0|MM\0[*+])/.test(head.toString('latin1', 0, 4)), checkTiff],
  [(head) => head.toString('latin1', 0, 9) === 'SIMPLE  =', checkFits],
  [(head) => /^RIFF.{4}WEBP/s.test(head.toString('latin1')), checkWebp],
];

/**
 * Looks whether a file is a whole JPEG, PNG, TIFF, FITS or WebP, by its container: the samples themselves are not
 * decoded. Rejects where the file cannot be read.
 */
export async function inspect(io: Disk, path: string): Promise<Inspection> {
  const found = await io.stat(path);
  if (found?.kind !== 'file') return { state: 'partial', reason: `there is no file ${path}` };
  if (found.bytes < LEAST_BYTES) return { state: 'partial', reason: `it has only ${found.bytes} bytes` };
  const file = await io.open(path);
  try {
    return await inspectParts(new FileParts(file, found.bytes));
  } finally {
    await file.close();
  }
}

/** The same, for a file that is on the disk of the store. */
export const inspectFile: Work<string, Inspection> = { url: import.meta.url, name: 'inspectFile', run: inspect };

async function inspectParts(parts: FileParts): Promise<Inspection> {
  try {
    const head = await parts.at(0, LEAST_BYTES);
    const check = CONTAINERS.find(([magic]) => magic(head))?.[1];
    if (check) return { state: 'whole', ...(await check(parts)) };
    const start = head.toString('hex', 0, 8);
    return { state: 'garbage', reason: `it is no JPEG, PNG, TIFF, FITS or WebP (it begins with ${start})` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    return { state: error instanceof EndsEarly ? 'partial' : 'garbage', reason: (error as Error).message };
  }
}
