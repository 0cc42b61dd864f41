import { unsupported } from '../codec/inspection.js';
import type { Directory } from './directory.js';
import type { Pages } from './pages.js';
import { TAG } from './tags.js';

/** Fields in which ImageJ tells of a stack, beside the description. */
const IMAGEJ_TAGS = [50_838, 50_839];
/** Descriptions that tell how many pictures a file has: of ImageJ, OME (in XML), tifffile. */
const STACK_WORDS = /^ImageJ=|<OME[\s>]|^\{"shape": *\[/;
/** Longer ones are read in part. */
const MOST_BYTES = 4096;

/** What a directory says of its picture alone. */
export interface OwnWords {
  readonly directory: Directory;
  readonly warnings: readonly string[];
}

/** The directory of one page of several without what tells of all of them, which is not true of the page alone. */
export async function withoutStack(directory: Directory): Promise<OwnWords> {
  if (!STACK_WORDS.test(await readDescription(directory))) return { directory, warnings: [] };
  return {
    directory: directory.without([TAG.description, ...IMAGEJ_TAGS]),
    warnings: ['its ImageDescription tells of all its pages, and is left out'],
  };
}

/**
 * Pictures of a file: its pages, or more where ImageJ says so, which describes only the first of a stack of more than
 * 4 GB. Throws ImageProblem where there are such, and no page was chosen.
 */
export async function countPictures({ pages }: Pages, page: number | undefined): Promise<number> {
  const words = await readDescription(pages[0]!.directory);
  const images = /^ImageJ=/.test(words) ? Number(/^images=(\d+)/m.exec(words)?.[1] ?? 1) : 1;
  if (page !== undefined || images <= pages.length) return Math.max(images, pages.length);
  throw unsupported(
    `it is a stack of ${images} images, and says where ${pages.length} of them lies`,
    'save each image apart, or take the first (--page 1, or page: 1)',
  );
}

async function readDescription(directory: Directory): Promise<string> {
  const bytes = await directory.bytes(TAG.description, MOST_BYTES);
  return bytes.toString('latin1');
}
