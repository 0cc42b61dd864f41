import { frameBytes } from '../image/frame.js';
import type { AnyFrameSize } from '../image/frame.js';
import { colourPlanes } from '../image/planes.js';
import { planWork, plannedPixels } from '../operation/input-buffers.js';
import type { PixelSize } from '../image/frame.js';
import type { PlannedInput } from '../operation/operation.js';
import type { ImageOptions } from '../operation/options.js';
import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';
import { Runtime } from '../runtime/runtime.js';
import { requireObject } from '../runtime/validate.js';
import { isLargeEnough, layOut, sidesOf } from './block-grid.js';
import { partSize } from './busiest-part.js';
import { PATCH } from './reference/patches.js';
import { bytesOfSums } from './reference/patch-sums.js';
import { checkEstimateOptions } from './settings.js';
import type { EstimateOptions, EstimateSettings } from './settings.js';

/** What fits and objects take that are not arrays, by bench/memory.mjs. */
const OBJECT_BYTES = { shape: 10e6, blind: 12e6, reference: 40e6 } as const;
/** Spectra, tables and a block of one thread that measures a periodogram. */
const PERIODOGRAM_BYTES = 2e6;
/** Two parts of 384x384 pixels, and the 20 arrays of one of them that are in use or not yet collected. */
const BLIND_BYTES = 22 * 4 * 384 ** 2;
/** Transforms, windows and spectra of patches, and the corners of two pictures of 512x512. */
const PATCH_BYTES = 24 * 4 * PATCH ** 2;

/** How an estimate would be made. The reference is given by its size. */
export interface EstimatePlanOptions extends Omit<EstimateOptions, 'reference' | keyof ImageOptions> {
  readonly reference?: PixelSize;
}

/**
 * In what memory `estimate` would work on pixels of a size, and on a reference of another. A file takes its bytes and
 * its decoder besides. Throws ArgumentError, IsaError or NativeError.
 */
export function planEstimate(size: PixelSize, options: EstimatePlanOptions = {}): MemoryPlan {
  requireObject('options', options);
  const { reference, ...others } = options;
  const pixels = reference === undefined ? {} : { reference: new Uint8Array() };
  const settings = checkEstimateOptions({ ...others, ...pixels });
  const inputs = [size, ...(reference === undefined ? [] : [reference])].map(plannedPixels);
  return planInputs(inputs, settings, Runtime.of(options));
}

/** @internal */
export function planInputs(
  inputs: readonly PlannedInput[],
  settings: EstimateSettings,
  { threads, budgetBytes }: Pick<Runtime, 'threads' | 'budgetBytes'>,
): MemoryPlan {
  const [frame, reference] = inputs.map(({ size }) => size) as [AnyFrameSize, AnyFrameSize | undefined];
  const work = reference ? referenceBuffers(frame, reference, settings) : aloneBuffers(frame, settings, threads);
  return planWork(inputs, work, budgetBytes);
}

function aloneBuffers(frame: AnyFrameSize, { kind }: EstimateSettings, threads: number): PlannedBuffer[] {
  return kind === 'blind' ? blindBuffers(frame) : autoPsfBuffers(frame, threads);
}

/** What `estimatePsf` takes beside the frame. */
export function autoPsfBuffers(frame: AnyFrameSize, threads: number): PlannedBuffer[] {
  return [
    { name: 'brightness', bytes: colourPlanes(frame) === 1 ? 0 : planeBytes(frame) },
    { name: 'spectra', bytes: spectraBytes(frame) },
    { name: 'periodograms', bytes: threads * PERIODOGRAM_BYTES },
    { name: 'fits', bytes: OBJECT_BYTES.shape },
  ];
}

/** What `lookAt` takes beside the frame. */
export function lookBuffers(frame: AnyFrameSize, isMasked: boolean, threads: number): PlannedBuffer[] {
  const part = { ...frame, ...partSize(frame) };
  const valid = isMasked ? part.width * part.height : 0;
  const isCopied = part.width < frame.width || part.height < frame.height;
  return [
    { name: 'part that is looked at', bytes: isCopied ? frameBytes(part) + valid : 0 },
    ...autoPsfBuffers(part, threads),
  ];
}

/** Of every cell of the grid and of their mean, for the brightness and each colour, as float64. */
function spectraBytes(frame: AnyFrameSize): number {
  if (!isLargeEnough(frame)) return 0;
  // Where pixels are missing, blocks may be smaller ones.
  const grids = sidesOf(frame).map((side) => layOut(frame, side));
  const bytes = grids.map(({ side, columns, rows }) => (columns * rows + 1) * 8 * side * (side / 2 + 1));
  return (1 + colourPlanes(frame)) * Math.max(...bytes);
}

function blindBuffers(frame: AnyFrameSize): PlannedBuffer[] {
  return [
    { name: 'brightness', bytes: planeBytes(frame) },
    { name: 'two parts, and their kernels', bytes: BLIND_BYTES },
    { name: 'transforms', bytes: OBJECT_BYTES.blind },
  ];
}

function referenceBuffers(
  frame: AnyFrameSize,
  reference: AnyFrameSize,
  { referenceScale, columns, rows }: EstimateSettings,
): PlannedBuffer[] {
  const scale = referenceScale ?? Math.sqrt((reference.width * reference.height) / (frame.width * frame.height));
  const factor = Math.max(1, Math.round(scale));
  return [
    { name: 'brightness of both', bytes: planeBytes(frame) + planeBytes(reference) },
    { name: 'reference, made smaller', bytes: factor > 1 ? (2 * planeBytes(reference)) / factor ** 2 : 0 },
    { name: "reference on the frame's grid", bytes: planeBytes(frame) },
    { name: 'frame without changes', bytes: planeBytes(frame) },
    { name: 'planes not yet collected', bytes: planeBytes(frame) },
    // Means over cells of 4x4 pixels, those about each, their distances, and what of them is known.
    { name: 'changes', bytes: (5 * planeBytes(frame)) / 16 },
    { name: 'patches', bytes: PATCH_BYTES },
    { name: 'sums over patches', bytes: bytesOfSums(PATCH * (PATCH / 2 + 1), columns * rows) },
    { name: 'fits', bytes: OBJECT_BYTES.reference },
  ];
}

/** A plane of floats. */
const planeBytes = ({ width, height }: Pick<AnyFrameSize, 'width' | 'height'>): number => 4 * width * height;
