import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';
import { encoderBytes } from './codec/encoder-memory.js';
import type { ImageFormat } from './codec/sharp.js';
import { frameBytes } from './frame.js';
import type { AnyFrameSize } from './frame.js';
import type { TiffForm } from './tiff/form.js';

/** Fixed part of what libvips holds while it decodes or encodes; the rest is about one frame. */
export const CODEC_BYTES = 8e6;

/** How a frame that is too large for memory is worked on: window by window of whole rows. */
export interface ScenePlan {
  /** The whole frame. */
  readonly frame: AnyFrameSize;
  readonly windows: number;
  /** Rows that each window gives; the last one fewer. */
  readonly rows: number;
  /** Rows that are read for a window, at most. */
  readonly rowsRead: number;
  /** Whether one stream of rows goes through all windows, so that no row is computed twice: they do not overlap. */
  readonly isStream: boolean;
  /** Rows in which one window passes into the next; 0: windows have the bytes of the whole frame. */
  readonly fade: number;
}

/** In what memory an operation works on a frame. */
export interface FramePlan extends MemoryPlan {
  /** The frame; of a scene, a window, or all of it where it is a stream. */
  readonly frame: AnyFrameSize;
  /** Where the frame is restored window by window. */
  readonly scene?: ScenePlan;
}

/**
 * What a frame takes on its way from a file to a file. Codecs take about a frame; files in other formats may take more,
 * which plans of reading and of writing count.
 * @param fileBytes of the file that it comes from, which stays in memory
 * @param codecBytes what decoder and encoder take, where it is known
 */
export function frameBuffers(
  frame: AnyFrameSize,
  fileBytes: number,
  codecBytes = CODEC_BYTES + frameBytes(frame),
): PlannedBuffer[] {
  return [
    { name: 'decoder and encoder', bytes: Math.max(codecBytes, fileBytes) },
    { name: 'decoded frame', bytes: frameBytes(frame) },
    { name: 'restored frame', bytes: frameBytes(frame) },
  ];
}

/** What a frame takes while it is written, itself included. @param form of a TIFF; strips without a mask by default */
export function encoderBuffers(frame: AnyFrameSize, format: ImageFormat, form?: TiffForm): PlannedBuffer[] {
  return [
    { name: `encoder (${form?.cog ? 'COG' : format})`, bytes: encoderBytes(frame, format, form) },
    { name: 'restored frame', bytes: frameBytes(frame) },
  ];
}
