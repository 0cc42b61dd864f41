import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';
import { encoderBytes } from './codec/encoder-memory.js';
import type { ImageFormat } from './codec/sharp.js';
import { frameBytes } from './frame.js';
import type { AnyFrameSize } from './frame.js';

/** Fixed part of what libvips holds while it decodes or encodes; the rest is about one frame. */
const CODEC_BYTES = 8e6;

/** In what memory an operation works on a frame. */
export interface FramePlan extends MemoryPlan {
  readonly frame: AnyFrameSize;
}

/**
 * What a frame takes on its way from a file to a file. Codecs take about a frame; files in other formats may take more,
 * which plans of reading and of writing count.
 * @param fileBytes of the file that it comes from, which stays in memory
 */
export function frameBuffers(frame: AnyFrameSize, fileBytes: number): PlannedBuffer[] {
  return [
    { name: 'decoder and encoder', bytes: Math.max(CODEC_BYTES + frameBytes(frame), fileBytes) },
    { name: 'decoded frame', bytes: frameBytes(frame) },
    { name: 'restored frame', bytes: frameBytes(frame) },
  ];
}

/**
 * What a frame takes while it is written, itself included.
 * @param cog whether it is written as Cloud Optimized GeoTIFF
 */
export function encoderBuffers(frame: AnyFrameSize, format: ImageFormat, cog = false): PlannedBuffer[] {
  return [
    { name: `encoder (${cog ? 'COG' : format})`, bytes: encoderBytes(frame, format, cog) },
    { name: 'restored frame', bytes: frameBytes(frame) },
  ];
}
