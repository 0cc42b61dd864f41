import { ArgumentError } from '../../runtime/errors.js';
import { expected, requireInteger } from '../../runtime/validate.js';
import type { AnyFrameSize } from '../frame.js';
import type { ImageMetadata } from '../metadata/image-metadata.js';

/** How a TIFF is written, as callers say it. */
export interface TiffFormOptions {
  /** Whether it is a Cloud Optimized GeoTIFF: tiles, overviews, directories first. False by default. */
  readonly cog?: boolean | undefined;
  /**
   * Side of its tiles in pixels, a multiple of 16 from 16 to 4096; 'none': strips. By default tiles of about the size
   * that the input has, strips where it has none, and 512 for a Cloud Optimized GeoTIFF: fewer where a tile would have
   * more than 4 MB, or be larger than the picture.
   */
  readonly tileSize?: number | 'none' | undefined;
}

/** How a TIFF is written. */
export interface TiffForm {
  readonly cog: boolean;
  /** Side of its tiles in pixels; undefined: strips. */
  readonly tileSize: number | undefined;
  /** Whether a mask is written with it. */
  readonly hasMask: boolean;
}

/** Sides of tiles that readers know, and that the memory holds: the TIFF format prescribes the step. */
const [LEAST_SIDE, MOST_SIDE, SIDE_STEP] = [16, 4096, 16];
/** Of a Cloud Optimized GeoTIFF, as GDAL has it; and the most of any that nobody asked for. */
const USUAL_SIDE = 512;
/** Bytes of a tile that nobody asked for, at most. */
const MOST_BYTES = 4 * 2 ** 20;

/** Throws ArgumentError. */
export function checkTiffForm({ cog = false, tileSize }: TiffFormOptions): void {
  if (tileSize === undefined) return;
  if (cog && tileSize === 'none')
    throw new ArgumentError('A Cloud Optimized GeoTIFF has tiles: tileSize cannot be none');
  if (tileSize !== 'none') requireTileSize(tileSize);
}

/** Throws ArgumentError for a side that tiles cannot have. */
export function requireTileSize(side: number): void {
  requireInteger('tileSize', side, LEAST_SIDE, MOST_SIDE);
  if (side % SIDE_STEP !== 0) throw expected(`multiple of ${SIDE_STEP}`, 'tileSize', side);
}

/** How a frame is written: as it is asked for, else as the file has it that it comes from. */
export function tiffFormOf(size: AnyFrameSize, metadata: ImageMetadata, options: TiffFormOptions = {}): TiffForm {
  const { cog = false, tileSize: asked } = options;
  const { tileSize: own, hasMask = false } = metadata;
  const usual = cog ? USUAL_SIDE : own;
  const chosen = usual === undefined ? undefined : boundSide(usual, size);
  return { cog, tileSize: asked === undefined ? chosen : asked === 'none' ? undefined : asked, hasMask };
}

/** Side of the smallest tiles that are made of larger ones to save memory. */
const LEAST_SAVING = 64;

/**
 * The same, and what takes less memory one after the other: smaller tiles, and strips in the end. One form alone where
 * it was asked for, or is in strips.
 */
export function tiffFormsOf(size: AnyFrameSize, metadata: ImageMetadata, options: TiffFormOptions): TiffForm[] {
  const form = tiffFormOf(size, metadata, options);
  if (options.tileSize !== undefined || form.tileSize === undefined) return [form];
  const forms = [form];
  for (let side = toSide(form.tileSize / 2); side >= LEAST_SAVING; side = toSide(side / 2))
    forms.push({ ...form, tileSize: side });
  return form.cog ? forms : [...forms, { ...form, tileSize: undefined }];
}

/** A side that is about the wanted one, whose tiles are neither larger than the picture nor than memory holds. */
function boundSide(wanted: number, { width, height, channels, depth }: AnyFrameSize): number {
  let side = toSide(Math.min(wanted, USUAL_SIDE, Math.max(width, height)));
  while (side > LEAST_SIDE && side * side * channels * (depth / 8) > MOST_BYTES) side = toSide(side / 2);
  return side;
}

const toSide = (pixels: number): number => Math.ceil(pixels / SIDE_STEP) * SIDE_STEP;
