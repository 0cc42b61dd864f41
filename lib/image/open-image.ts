import { roundToHalf } from '../math/half.js';
import { ArgumentError, ImageError, StateError } from '../runtime/errors.js';
import { defined, expected, requireOneOf, requireSha256 } from '../runtime/validate.js';
import { copyFileBytes, readFileBytes } from './file-bytes.js';
import type { AnyFrame } from './frame.js';
import { interpretRows, whiteUnread } from './interpret.js';
import { joinMasks } from './missing/masks.js';
import type { Masks } from './missing/masks.js';
import { turnMask } from './missing/turned-mask.js';
import { mayMiss } from './missing/valid.js';
import { checkReadingOptions, describeSamples } from './reading.js';
import type { ReadingOptions } from './reading.js';
import { findSidecars } from './sidecars.js';
import type { ImageSource, OpenImageOptions } from './source.js';
import { storeFile, storeFileOnDisk } from './stored-file.js';
import type { StoreFileOptions } from './stored-file.js';
import { storePixels } from './stored-pixels.js';
import type { StoredImage } from './stored.js';
import { stateNodata } from './tiff/nodata.js';
import { whiteOfHeader } from './white.js';

/**
 * Opens an image: reads a file, or copies its bytes, checks its header, and decodes nothing yet. Rejects with
 * ArgumentError for what is no input, ImageError for a file that cannot be read or is not acceptable, BudgetError for
 * one that is larger than the budget, or the signal's reason.
 */
export async function openImage(input: unknown, options: OpenImageOptions): Promise<ImageSource> {
  const { signal, depths = [8, 16, 32] } = options;
  signal.throwIfAborted();
  checkReadingOptions(options);
  const stored = await openStored(input, options);
  signal.throwIfAborted();
  requireOneOf('depth', stored.header.depth, depths);
  const { mask: beside, warnings } = await findSidecars(input, options);
  const own = beside && turnMask(beside, stored.orientation ?? 1);
  const described = {
    ...stored,
    header: describeSamples(stored.header, options, stored.metadata),
    warnings: [...stored.warnings, ...warnings],
  };
  const given = options.mask === undefined ? null : await openStored(options.mask, toMaskOptions(options));
  const maskSha256 = [own, given].map((picture) => picture?.sha256 ?? null);
  return toSource(described, { ...joinMasks(described, options, { own, given }), sha256: maskSha256 }, options);
}

/** A mask is a picture like any other, of which nothing else is said than the page, where it has several. */
function toMaskOptions({ signal, budgetBytes, page }: OpenImageOptions): OpenImageOptions {
  return { signal, name: 'mask', ...defined({ budgetBytes, pageOfSeveral: page }) };
}

async function openStored(input: unknown, options: OpenImageOptions): Promise<StoredImage> {
  const { signal, name = 'input', expectSha256, budgetBytes = Infinity, page, depths = [8, 16, 32] } = options;
  if (expectSha256 !== undefined) requireSha256('expectSha256', expectSha256);
  if (typeof input === 'string' && input !== '') {
    const asked = toFileOptions(input, options);
    const stored = await storeFileOnDisk(input, asked);
    return stored ?? (await storeFile(await readFileBytes(input, signal, budgetBytes), input, asked));
  }
  if (input instanceof Uint8Array) {
    const label = `image of ${input.length} bytes`;
    return await storeFile(await copyFileBytes(input, signal, name), label, toFileOptions(label, options));
  }
  if (typeof input !== 'object' || input === null) throw expected('path, file bytes or frame', name, input);
  if (expectSha256 !== undefined) throw new ArgumentError('Pixels have no file whose SHA-256 could be compared');
  if ((page ?? 1) !== 1) throw new ArgumentError(`Pixels have one page: there is no page ${page}`);
  return storePixels(input as AnyFrame, name, depths);
}

function toFileOptions(label: string, options: OpenImageOptions): StoreFileOptions {
  const { signal, page, pageOfSeveral, expectSha256 } = options;
  const wanted = expectSha256?.toLowerCase();
  const checkDigest = (sha256: string): void => {
    if (wanted === undefined || sha256 === wanted) return;
    throw new ImageError('IMAGE_INVALID', `${label} has SHA-256 ${sha256}, expected was ${wanted}`);
  };
  return { signal, page, pageOfSeveral, checkDigest };
}

/** Masks, and what tells their files from others. */
type KnownMasks = Masks & { readonly sha256: ImageSource['maskSha256'] };

function toSource(
  stored: StoredImage,
  masks: KnownMasks,
  options: OpenImageOptions,
  known = whiteUnread(stored, options),
): ImageSource {
  const nodata = nodataOf(stored, options);
  const { label, header, format, sizeBytes, warnings, sha256 } = stored;
  const metadata = {
    ...stateNodata(stored.metadata, nodata, options.nodata),
    ...(masks.hasOwn && { hasMask: true as const }),
  };
  const isMasked = masks.isAny || mayMiss(header, { nodata, planes: [] });
  const how = { stored, masks, nodata, isMasked, options, known };
  const ofRows = { ...how, known: known ?? whiteOfHeader(header) };
  return {
    ...{ label, header, format, sizeBytes, metadata, nodata, warnings, sha256, isMasked },
    isJpeg: format === 'jpeg',
    maskSha256: masks.sha256,
    white: known,
    buffers: [...stored.buffers, ...masks.buffers(header.height)],
    rowBuffers: (rows) => [...stored.buffers, ...masks.buffers(rows)],
    withWhite: (white) => toSource(stored, masks, options, white),
    readRows: async (rows, signal) => interpretRows(await stored.readRows(rows, signal), rows, ofRows, signal),
    read: once(async (signal) =>
      interpretRows(await stored.readAll(signal), { top: 0, count: header.height }, how, signal),
    ),
  };
}

/** The value that was given, or that the file names. */
function nodataOf(stored: StoredImage, { nodata }: ReadingOptions): number | null {
  if (nodata === 'none') return null;
  if (nodata === undefined) return stored.nodata;
  if (stored.metadata.storedType === 'float16') return roundToHalf(nodata);
  return stored.header.depth === 32 ? Math.fround(nodata) : nodata;
}

/** What was read belongs to one operation, which may change it: nobody gets it a second time. */
function once(read: ImageSource['read']): ImageSource['read'] {
  let isRead = false;
  return async (signal) => {
    if (isRead) throw new StateError('The pixels of an image source can be read once');
    isRead = true;
    signal.throwIfAborted();
    return read(signal);
  };
}
