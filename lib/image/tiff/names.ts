/** Compressions that are not read in every file, by number (TIFF 6.0, its supplements, libtiff). */
const COMPRESSIONS: Readonly<Record<number, string>> = {
  2: 'CCITT RLE',
  3: 'CCITT Group 3',
  4: 'CCITT Group 4',
  6: 'JPEG of the old kind',
  7: 'JPEG',
  9: 'JBIG',
  10: 'JBIG',
  32766: 'NeXT RLE',
  32771: 'CCITT RLE of words',
  32809: 'ThunderScan',
  32909: 'Pixar Log',
  33003: 'JPEG 2000',
  33004: 'JPEG 2000',
  33005: 'JPEG 2000',
  34661: 'JBIG',
  34676: 'SGI Log',
  34677: 'SGI Log24',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'lossy JPEG of DNG',
  34925: 'LZMA',
  34926: 'Zstandard by its old number',
  34927: 'WebP by its old number',
  50001: 'WebP',
  50002: 'JPEG XL',
  52546: 'JPEG XL of DNG',
};
/** Colours that are not read, by PhotometricInterpretation. */
const COLOURS: Readonly<Record<number, string>> = {
  4: 'a mask of transparency',
  5: 'CMYK',
  8: 'CIE L*a*b*',
  9: 'ICC L*a*b*',
  10: 'ITU L*a*b*',
  32803: 'a mosaic of colour filters (CFA)',
  32844: 'CIE Log2(L)',
  32845: "CIE Log2(L) (u',v')",
  34892: 'linear raw of DNG',
  51177: 'depth',
};

/** A compression that is not read, as words that follow "cannot be read: ". */
export function describeCompression(compression: number): string {
  const name = COMPRESSIONS[compression];
  return name ? `its compression is ${name} (number ${compression})` : `its compression has the number ${compression}`;
}

/** Colours that are not read, likewise. */
export function describeColours(photometric: number): string {
  const name = COLOURS[photometric];
  const said = `(PhotometricInterpretation, number ${photometric})`;
  return `its colours are ${name ?? 'of an unknown kind'} ${said}`;
}
