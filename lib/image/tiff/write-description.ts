import { defined } from '../../runtime/validate.js';
import { hasAlpha } from '../frame.js';
import { integerRuleOf } from '../integers.js';
import type { AnyFrameSize } from '../frame.js';
import type { ImageMetadata } from '../metadata/image-metadata.js';
import { SAMPLE_BYTES, TYPE_OF_DEPTH } from './samples.js';
import type { SampleType } from './samples.js';

/** A TIFF to be written. */
export interface TiffDescription extends AnyFrameSize {
  /** Side of square tiles in pixels, a multiple of 16; strips by default. */
  readonly tileSize?: number | undefined;
  /** Whether each band is stored apart; pixel by pixel by default. */
  readonly isPlanar?: boolean | undefined;
  /** Whether it is a BigTIFF; by default where it may exceed 4 GB. */
  readonly isBig?: boolean | undefined;
  /** Whether it is an overview of another picture; false by default. */
  readonly isReduced?: boolean | undefined;
  /** Whether it is the mask of another picture: 0 where that is missing; false by default. */
  readonly isMask?: boolean | undefined;
  /** Whether it has a mask beside its samples; false by default. */
  readonly hasMask?: boolean | undefined;
  /** What the picture says about itself; nothing by default. */
  readonly metadata?: ImageMetadata | undefined;
}

/** How samples are cut into strips or tiles. */
export interface TiffGrid {
  readonly isTiled: boolean;
  /** Of a strip or tile, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Strips or tiles side by side, and one below the other. */
  readonly across: number;
  readonly down: number;
  /** How often the picture is covered: once, or once a band. */
  readonly planes: number;
  /** Samples per pixel in one strip or tile. */
  readonly samples: number;
  readonly sampleType: WrittenType;
  /** Bytes of one, uncompressed. */
  readonly bytes: number;
}

/** Types of samples that are written; signed ones are floats in memory. */
export type WrittenType = Extract<SampleType, 'uint8' | 'uint16' | 'float32' | 'int8' | 'int16'>;

/** Rows and bytes of a strip at most: enough for good compression, and little memory. */
const [STRIP_ROWS, STRIP_BYTES] = [64, 2 ** 20];

/** The type of samples in the file: the one of the file that floats come from, where it has signed integers. */
function writtenTypeOf({ depth, metadata = {} }: TiffDescription): WrittenType {
  return (integerRuleOf('tiff', { depth }, metadata)?.type as WrittenType | undefined) ?? TYPE_OF_DEPTH[depth];
}

/** The strips or tiles of a picture. */
export function gridOf(description: TiffDescription): TiffGrid {
  const { width, height, channels, tileSize, isPlanar = false } = description;
  const sampleType = writtenTypeOf(description);
  const samples = isPlanar ? 1 : channels;
  const rowBytes = width * samples * SAMPLE_BYTES[sampleType];
  const stripRows = Math.max(1, Math.min(height, STRIP_ROWS, Math.floor(STRIP_BYTES / rowBytes)));
  const [blockWidth, blockHeight] = tileSize === undefined ? [width, stripRows] : [tileSize, tileSize];
  return {
    isTiled: tileSize !== undefined,
    width: blockWidth,
    height: blockHeight,
    across: Math.ceil(width / blockWidth),
    down: Math.ceil(height / blockHeight),
    planes: isPlanar ? channels : 1,
    samples,
    sampleType,
    bytes: blockWidth * blockHeight * samples * SAMPLE_BYTES[sampleType],
  };
}

/** The band of the file that is alpha, from 0, where there is alpha; it is the last channel in memory. */
export function alphaBandOf({ channels, alpha, metadata }: TiffDescription): number {
  const { alphaBand = channels - 1 } = metadata ?? {};
  return hasAlpha({ channels, ...defined({ alpha }) }) && alphaBand > 0 && alphaBand < channels
    ? alphaBand
    : channels - 1;
}

/** Most bytes that zlib makes of so many (`deflateBound`). */
export function deflateBound(bytes: number): number {
  return bytes + Math.ceil(bytes / 4096) + Math.ceil(bytes / 16_384) + 32;
}

/** Whether the picture may need more bytes than offsets of 32 bits reach. @param otherBytes metadata and the like */
export function mayExceedClassic(description: TiffDescription, otherBytes: number): boolean {
  const { across, down } = gridOf(description);
  return across * down * blockBound(description) + otherBytes + 2 ** 16 >= 2 ** 32;
}

/** Most bytes of a block of all planes and of the mask, with entries of lists and, in a COG, the marks around them. */
export function blockBound(description: TiffDescription): number {
  const { width, height, bytes, planes } = gridOf(description);
  const maskBytes = description.hasMask ? deflateBound(width * height) + 24 : 0;
  return planes * (deflateBound(bytes) + 24) + maskBytes;
}
