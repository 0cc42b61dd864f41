import { ArgumentError } from '../../runtime/errors.js';
import { damaged, unsupported } from '../codec/inspection.js';
import { Directory } from './directory.js';
import type { TiffFile } from './directory.js';
import { TAG } from './tags.js';

/** Bits of NewSubfileType (TIFF 6.0, section 8): a smaller version of another picture; a mask of one. */
const [REDUCED, MASK] = [1, 4];
/** SubfileType, the older tag of the kind: a smaller version. */
const OLD_REDUCED = 2;
/** Most directories of a file: pages, overviews and masks. */
const MOST_DIRECTORIES = 65_535;
/** Most tags of all directories, which are held: those of a sound file have 20 each. */
const MOST_ENTRIES = 2 ** 20;

/** A picture of a file, and the mask that says which of its pixels there are. */
export interface Page {
  readonly directory: Directory;
  readonly mask: Directory | null;
}

/** What a file holds. */
export interface Pages {
  readonly pages: readonly Page[];
  /** All directories of the chain: those of pages, masks and overviews. */
  readonly directories: readonly Directory[];
}

/**
 * Follows the chain of directories. Overviews, thumbnails and masks are no pages, and neither are directories outside
 * the chain (SubIFDs). Throws ImageProblem where the file was cut.
 */
export async function readPages(file: TiffFile): Promise<Pages> {
  const directories: Directory[] = [];
  const seen = new Set<number>();
  let room = MOST_ENTRIES;
  for (let offset = file.first; offset !== 0 || directories.length === 0; ) {
    if (seen.has(offset) || seen.size >= MOST_DIRECTORIES)
      throw damaged('its directories follow one another in a ring');
    seen.add(offset);
    const directory = await Directory.read(file, offset, `its directory ${seen.size}`);
    directories.push(directory);
    room -= directory.entries.length;
    if (room < 0)
      throw unsupported(`its directories have more than ${MOST_ENTRIES} tags`, 'write fewer pages to a file');
    offset = directory.next;
  }
  return { pages: await toPages(directories), directories };
}

async function toPages(directories: readonly Directory[]): Promise<Page[]> {
  const pages: { directory: Directory; mask: Directory | null }[] = [];
  for (const directory of directories) {
    const kind = await directory.value(TAG.newSubfileType, 0);
    const isReduced = (kind & REDUCED) !== 0 || (await directory.value(TAG.subfileType, 0)) === OLD_REDUCED;
    const isMask = (kind & MASK) !== 0;
    const page = pages.at(-1);
    if (!isReduced && !isMask) pages.push({ directory, mask: null });
    else if (isMask && page && !page.mask && (await hasSameSize(page.directory, directory))) page.mask = directory;
  }
  if (pages.length > 0) return pages;
  requireNoRaw(directories);
  // A file of thumbnails alone: its first is what other programs show.
  return [{ directory: directories[0]!, mask: null }];
}

/** Throws ImageProblem where thumbnails have directories of their own: raw files (DNG) keep what was measured there. */
function requireNoRaw(directories: readonly Directory[]): void {
  if (!directories.some((directory) => directory.has(TAG.subIfds))) return;
  throw unsupported(
    'its pages are thumbnails, and the picture itself lies beside them (SubIFDs), as in raw files such as DNG',
    'develop it, and write that as TIFF',
  );
}

/** An overview's mask has the overview's size. */
async function hasSameSize(one: Directory, other: Directory): Promise<boolean> {
  const sizes = [TAG.width, TAG.height].map(async (tag) => (await one.value(tag, 0)) === (await other.value(tag, -1)));
  return (await Promise.all(sizes)).every(Boolean);
}

/**
 * The page of that number, from 1; the only one by default. Throws ArgumentError where there is none of that number,
 * ImageProblem where there are several and none was chosen.
 */
export function choosePage({ pages }: Pages, number: number | undefined, label: string): Page {
  if (number === undefined && pages.length > 1)
    throw unsupported(`it has ${pages.length} pages`, `choose one by its number from 1 (--page 1, or page: 1)`);
  const page = pages[(number ?? 1) - 1];
  if (!page)
    throw new ArgumentError(
      `page must be a number from 1 to ${pages.length}, which are the pages of ${label}; it is ${number}`,
    );
  return page;
}
