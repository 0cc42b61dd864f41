import type { Hdu } from './hdus.js';
import { keywordOf } from './header.js';

/** Said of a header in its file, and not of the picture. */
const PLACE = /^(?:SIMPLE|XTENSION|INHERIT|PCOUNT|GCOUNT|GROUPS)$/;
/** How the samples lie in the file: the writer says it anew. */
const STORAGE = /^(?:BITPIX|NAXIS\d{0,3}|BSCALE|BZERO|BLANK|CHECKSUM|DATASUM|DATAMIN|DATAMAX)$/;
/** Text, which may be there as often as wanted. */
const COMMENTARY = ['COMMENT', 'HISTORY', '', 'CONTINUE'];

/** Whether the writer says anew what this keyword says: how samples are stored, or what holds of these alone. */
export function isStorage(keyword: string): boolean {
  return PLACE.test(keyword) || STORAGE.test(keyword);
}

/**
 * The cards that describe a picture, byte for byte and in their order: those of its header, all of them. Before those
 * of an extension come the ones of the primary header that it does not say itself.
 */
export function cardsOf(hdus: readonly Hdu[], hdu: Hdu): Buffer[] {
  const primary = hdus[0]!;
  if (hdu === primary) return [...hdu.header.cards];
  const own = new Set(hdu.header.cards.map(keywordOf));
  const isTaken = (keyword: string): boolean =>
    !isStorage(keyword) && (COMMENTARY.includes(keyword) || keyword === 'HIERARCH' || !own.has(keyword));
  const inherited = primary.header.cards.filter((card) => isTaken(keywordOf(card)));
  return [...inherited, ...hdu.header.cards.filter((card) => !PLACE.test(keywordOf(card)))];
}
