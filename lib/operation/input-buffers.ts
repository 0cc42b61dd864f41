import { checkFrameSize, completeSize, frameBytes } from '../image/frame.js';
import type { PixelSize } from '../image/frame.js';
import { fillBytes } from '../image/missing/fill.js';
import { KEPT_MASK } from '../image/missing/masks.js';
import { coverPhase, processBuffers, sumBuffers } from '../runtime/memory-plan.js';
import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';
import { requireObject } from '../runtime/validate.js';
import type { PlannedInput } from './operation.js';

/**
 * Bytes of a file, which its source holds to the end, and its mask. What else reading takes is given back once the
 * frame is there.
 */
const isHeld = ({ name }: PlannedBuffer): boolean => name === 'file' || name === KEPT_MASK;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The bytes of a file and of its mask, which stay to the end of an operation. */
export function fileBuffers({ buffers }: PlannedInput): PlannedBuffer[] {
  return buffers.filter(isHeld);
}

/** What the inputs of an operation take that are read one after the other and kept to its end. */
export function inputBuffers(inputs: readonly PlannedInput[]): PlannedBuffer[] {
  const held = inputs.map(({ buffers }) => sum(buffers.filter(isHeld).map(({ bytes }) => bytes)));
  const decoding = inputs.map(({ buffers }) => sum(buffers.map(({ bytes }) => bytes)));
  return [
    { name: inputs.length > 1 ? 'files' : 'file', bytes: sum(held) },
    { name: 'decoder', bytes: Math.max(...decoding.map((bytes, index) => bytes - held[index]!)) },
    { name: inputs.length > 1 ? 'frames' : 'frame', bytes: sum(inputs.map(({ size }) => frameBytes(size))) },
    { name: 'valid pixels', bytes: sum(inputs.map(validBytes)) },
  ];
}

/** The plan of work on frames, once they are read: what their files and decoders took is free then. */
export function planWork(
  inputs: readonly PlannedInput[],
  work: readonly PlannedBuffer[],
  budgetBytes: number,
): MemoryPlan {
  const bytes = sum(inputs.map(({ size }) => frameBytes(size)));
  const frames = [
    { name: inputs.length > 1 ? 'frames' : 'frame', bytes },
    { name: 'valid pixels', bytes: sum(inputs.map(validBytes)) },
  ];
  return coverPhase(sumBuffers([...processBuffers(), ...frames, ...work], budgetBytes), inputBuffers(inputs));
}

/** What says which pixels are missing. */
function validBytes({ size, isMasked }: PlannedInput): number {
  return isMasked ? size.width * size.height : 0;
}

/** What a restoration takes besides where pixels may be missing: what says which, and the frame without gaps. */
export function gapBuffers(input: PlannedInput): PlannedBuffer[] {
  if (!input.isMasked) return [];
  return [
    { name: 'valid pixels', bytes: validBytes(input) },
    { name: 'frame without gaps', bytes: frameBytes(input.size) + fillBytes(input.size) },
  ];
}

/** Pixels in memory as an input that can be planned for. Throws ArgumentError. */
export function plannedPixels(pixels: PixelSize): PlannedInput {
  requireObject('size', pixels);
  const size = completeSize(pixels);
  checkFrameSize(size, [8, 16, 32]);
  return { size, buffers: [], isMasked: false };
}
