import { Pauses } from '../runtime/pauses.js';
import { defined } from '../runtime/validate.js';
import type { Orientation } from './codec/inspection.js';
import { frameBytes } from './frame.js';
import type { AnyFrame } from './frame.js';
import type { ImageMetadata } from './metadata/image-metadata.js';
import { uprightMetadata } from './metadata/upright.js';
import { THERE } from './missing/masks.js';
import { readingBuffers, requireRows, requireSides } from './stored.js';
import type { RowWindow, StoredImage, StoredOrigin } from './stored.js';
import type { TiffPicture } from './tiff/read-tiff.js';
import type { TiffRows } from './tiff/rows.js';
import type { FrameSamples } from './tiff/samples.js';
import { turnUpright, uprightSize } from './turn.js';

/** A page of a TIFF file whose samples are read from there when they are asked for. Throws ImageError for its sides. */
export function storeTiff(picture: TiffPicture, samples: TiffRows, origin: StoredOrigin): StoredImage {
  const { orientation } = picture;
  const { label, sha256, source } = origin;
  const header = uprightSize(samples.size, orientation);
  requireSides(header, label);
  const readRows = async (rows: RowWindow, signal: AbortSignal): Promise<AnyFrame> => {
    const data = await readUpright(samples, orientation, rows, signal);
    return { ...header, height: rows.count, data } as AnyFrame;
  };
  const { maskBytes, ...described } = describeTiff(picture);
  return {
    ...described,
    label,
    header,
    orientation,
    format: 'tiff',
    sizeBytes: source.sizeBytes,
    buffers: readingBuffers(origin, readingBytes(samples, orientation) + maskBytes),
    sha256,
    readRows,
    readAll: (signal) => readRows({ top: 0, count: header.height }, signal),
  };
}

/** What the directory of a page says, whatever decodes its samples. */
export interface TiffPageFacts extends Pick<StoredImage, 'metadata' | 'nodata' | 'warnings' | 'readMask'> {
  /** What reading the mask takes. */
  readonly maskBytes: number;
}

/** What the directory of a page says of its picture. */
export function describeTiff({
  metadata,
  orientation,
  nodata,
  warnings,
  mask,
  tileSize,
  alphaBand,
  samples,
}: TiffPicture): TiffPageFacts {
  return {
    metadata: {
      ...uprightMetadata(metadata, orientation),
      ...defined({
        tileSize,
        alphaBand: alphaBand ?? undefined,
        storedType: samples ? storedTypeOf(samples) : undefined,
      }),
    },
    // Samples that are no numbers are missing in any case.
    nodata: Number.isNaN(nodata) ? null : nodata,
    warnings,
    maskBytes: mask ? readingBytes(mask, orientation) : 0,
    ...(mask && {
      readMask: async (rows, signal) => toBytes(mask, await readUpright(mask, orientation, rows, signal), signal),
    }),
  };
}

/** How samples are stored that frames have as floats; undefined: as these are. */
function storedTypeOf({ layout: { sampleType } }: TiffRows): ImageMetadata['storedType'] {
  return sampleType === 'int8' || sampleType === 'int16' || sampleType === 'float16' ? sampleType : undefined;
}

/** A mask of bits as one of bytes: there is what is not 0. */
async function toBytes({ layout }: TiffRows, mask: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  if (layout.bits !== 1) return mask;
  const pauses = new Pauses(signal);
  for (let row = 0; row < mask.length; row += layout.width) {
    if (pauses.isDue) await pauses.take();
    const end = Math.min(mask.length, row + layout.width);
    for (let pixel = row; pixel < end; pixel += 1) mask[pixel]! *= THERE;
  }
  return mask;
}

/** What reading takes beside the rows that it brings. */
function readingBytes({ size, decoderBytes }: TiffRows, orientation: Orientation): number {
  return decoderBytes + (orientation === 1 ? 0 : frameBytes(size));
}

/** Rows of the upright picture. Those of a turned one are stored columns, or backwards: they are cut from all. */
async function readUpright<S extends FrameSamples>(
  samples: TiffRows<S>,
  orientation: Orientation,
  { top, count }: RowWindow,
  signal: AbortSignal,
): Promise<S> {
  const { size } = samples;
  requireRows({ top, count }, uprightSize(size, orientation).height);
  if (orientation === 1) return samples.readRows(top, count, signal);
  const whole = await samples.readRows(0, size.height, signal);
  return turnUpright(whole, size, orientation, { top, count }, new Pauses(signal));
}
