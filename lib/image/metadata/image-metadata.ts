/** Pixels per unit of length along both axes. */
export interface Resolution {
  readonly x: number;
  readonly y: number;
  /** 'none': the two numbers say what shape pixels have, not how large they are. */
  readonly unit: 'inch' | 'centimetre' | 'metre' | 'none';
}

/**
 * Types of stored samples that frames do not have; 'scaled': integers that BSCALE and BZERO of FITS make values of;
 * 'unblanked': integers of 32 bits whose BLANK is no float.
 */
export type StoredType =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float16'
  | 'float64'
  | 'scaled'
  | 'unblanked';

/** A field of a TIFF directory. */
export interface TiffField {
  readonly tag: number;
  /** TIFF 6.0, section 2. */
  readonly type: number;
  /** Number of values. */
  readonly count: number;
  /** The values, in little-endian order. */
  readonly data: Buffer;
}

/**
 * What a picture says about itself: an open set of blocks, each byte for byte as it was found, but for the orientation,
 * which is upright. Every writer writes the blocks that its format can hold.
 */
export interface ImageMetadata {
  /** A TIFF structure, without the `Exif\0\0` that JPEG puts before it. */
  readonly exif?: Buffer;
  /** A colour profile. */
  readonly icc?: Buffer;
  /** An XMP packet: XML in UTF-8. */
  readonly xmp?: Buffer;
  /** An IPTC-IIM record. */
  readonly iptc?: Buffer;
  /** Photoshop's image resources (`8BIM` blocks), in which JPEG files hold IPTC. */
  readonly photoshop?: Buffer;
  readonly resolution?: Resolution;
  /** PNG chunks that describe colours or are text: each its type (4 bytes) and data. */
  readonly pngChunks?: readonly Buffer[];
  /** Comments of a JPEG. */
  readonly jpegComments?: readonly Buffer[];
  /** Whether the file has a mask of its own (a mask page of a TIFF, `<file>.msk`), which tells missing pixels. */
  readonly hasMask?: true;
  /** That mask, once it was read: one byte per pixel, 0 where it is missing. TIFF holds it. */
  readonly mask?: Uint8Array;
  /** The band of a TIFF that is alpha, from 0, where it is not the last; frames have it last. */
  readonly alphaBand?: number;
  /** How the file stores its samples, where a frame has them as another type. */
  readonly storedType?: StoredType;
  /** Side of the tiles in which a TIFF has the picture; undefined: strips, or no TIFF. */
  readonly tileSize?: number;
  /** Fields of a TIFF that say nothing of its storage and are in no other block: georeference, private tags. */
  readonly tiffFields?: readonly TiffField[];
  /** Cards of a FITS header, 80 bytes each, without END. */
  readonly fitsCards?: readonly Buffer[];
}

/** Bytes of all blocks. */
export function metadataBytes(metadata: ImageMetadata): number {
  const {
    exif,
    icc,
    xmp,
    iptc,
    photoshop,
    pngChunks = [],
    jpegComments = [],
    tiffFields = [],
    fitsCards = [],
  } = metadata;
  const blocks = [
    exif,
    icc,
    xmp,
    iptc,
    photoshop,
    ...pngChunks,
    ...jpegComments,
    ...fitsCards,
    ...tiffFields.map(({ data }) => data),
  ];
  return blocks.reduce((sum, block) => sum + (block?.length ?? 0), 0);
}
