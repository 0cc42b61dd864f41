import { ArgumentError } from '../../runtime/errors.js';
import { unsupported } from '../codec/inspection.js';
import { MAX_CHANNELS } from '../frame.js';
import type { Hdu } from './hdus.js';

/** One picture of a file: the planes of an image, or one of them where there are too many to be bands. */
export interface FitsPage {
  readonly hdu: Hdu;
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  /** Where its first sample is. */
  readonly dataAt: number;
}

/** The pages of an image: its planes are bands of one as long as a frame may have so many, else pages. */
function pagesOf(hdu: Hdu): FitsPage[] {
  const { header, axes, dataAt, dataBytes, kind } = hdu;
  if (kind !== 'image' || axes.length < 2 || dataBytes === 0) return [];
  const [width, height, planes = 1, ...others] = axes as [number, number, ...number[]];
  if (others.some((length) => length !== 1))
    throw unsupported(`it has ${axes.length} axes of lengths ${axes.join(', ')}`, 'write planes of two or three axes');
  const page = { hdu, width, height };
  if (planes <= MAX_CHANNELS) return [{ ...page, bands: planes, dataAt }];
  const planeBytes = (Math.abs(header.number('BITPIX', 0)) / 8) * width * height;
  return Array.from({ length: planes }, (_, plane) => ({ ...page, bands: 1, dataAt: dataAt + plane * planeBytes }));
}

/** The page that is asked for, from 1: of any file, or of one that has several. */
export interface AskedPage {
  readonly page?: number | undefined;
  readonly pageOfSeveral?: number | undefined;
}

/**
 * The page that is asked for, from 1; else the primary image, where it is one page, else the only page. Throws
 * ImageProblem where there is none or more than one, ArgumentError for a page that is not there.
 * @param label of the file, for messages
 */
export function choosePage(hdus: readonly Hdu[], asked: AskedPage, label: string): FitsPage {
  const found = hdus.map(pagesOf);
  const pages = found.flat();
  const page = asked.page ?? (pages.length > 1 ? asked.pageOfSeveral : undefined);
  if (pages.length === 0) throw withoutImage(hdus);
  if (page !== undefined) {
    const chosen = pages[page - 1];
    if (chosen) return chosen;
    throw new ArgumentError(`${label} has ${pages.length} pages: there is no page ${page}`);
  }
  if (found[0]!.length === 1) return found[0]![0]!;
  if (pages.length === 1) return pages[0]!;
  throw unsupported(`it has ${pages.length} images`, `choose one: --page 1 to ${pages.length} (the option page)`);
}

function withoutImage(hdus: readonly Hdu[]): Error {
  if (hdus.some(({ kind }) => kind === 'compressed'))
    return unsupported('its image is compressed in tiles (ZIMAGE)', 'unpack it with funpack or fitscopy');
  if (hdus.some(({ kind }) => kind === 'other'))
    return unsupported('it holds no image that is known', 'write an image of two or three axes');
  return unsupported('it holds no image of two axes or more', 'give a file with an image');
}
