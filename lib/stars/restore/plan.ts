import type { FramePlan } from '../../image/frame-memory.js';
import { checkFrameSize, frameBytes } from '../../image/frame.js';
import type { AnyFrameSize } from '../../image/frame.js';
import type { PlannedInput } from '../../operation/operation.js';
import { BudgetError } from '../../runtime/errors.js';
import { formatBytes } from '../../runtime/budget.js';
import { coverPhase, processBuffers, sumBuffers } from '../../runtime/memory-plan.js';
import type { PlannedBuffer } from '../../runtime/memory-plan.js';
import { PLANE_PIXEL_BYTES } from '../measure/plane-memory.js';
import type { Machine } from './method.js';
import type { StarSettings } from './settings.js';

/** In what memory a star frame is measured and restored. */
export interface StarPlan extends FramePlan {}

/** Trails and disks that are expected where the frame is to tell them. */
const EXPECTED_EXTENT_PX = 60;

/** The size of a frame, and its samples: 3 of 8 bits by default. */
export type StarFrameSize = Pick<AnyFrameSize, 'width' | 'height'> & Partial<AnyFrameSize>;

/** The plan of a file with a frame of a size, before there is one. Throws ArgumentError or BudgetError. */
export function planFile(
  { width, height, channels = 3, depth = 8 }: StarFrameSize,
  settings: StarSettings,
  machine: Machine,
  budgetBytes: number,
): StarPlan {
  const size: AnyFrameSize = { width, height, channels, depth };
  checkFrameSize(size, [8, 16, 32]);
  // No format that is read takes more than the samples themselves.
  const buffers = ['file', 'decoder'].map((name) => ({ name, bytes: frameBytes(size) }));
  return planStarFrame({ size, buffers }, settings, machine, budgetBytes);
}

/** The plan of a frame by its header. Throws BudgetError with the budget that would do. */
export function planStarFrame(
  { size, buffers }: PlannedInput,
  settings: StarSettings,
  machine: Machine,
  budgetBytes: number,
): StarPlan {
  const frame: PlannedBuffer = { name: 'decoded frame', bytes: frameBytes(size) };
  const reading = sumBuffers([...processBuffers(), ...buffers, frame], budgetBytes);
  const file = buffers.filter(({ name }) => name === 'file');
  const plan = coverPhase({ frame: size, ...reading }, [...file, frame, ...workBuffers(size, settings, machine)]);
  if (plan.bytes <= budgetBytes) return plan;
  const { width, height } = size;
  throw new BudgetError(
    `A ${width}x${height} star frame needs at least ${Math.ceil(plan.bytes / 1e6)}MB; ` +
      `the budget is ${formatBytes(budgetBytes)}`,
    plan.bytes,
  );
}

function workBuffers(size: AnyFrameSize, settings: StarSettings, machine: Machine): PlannedBuffer[] {
  const pixels = size.width * size.height;
  const isColour = size.channels >= 3;
  const { restoration, centroid } = settings;
  return [
    { name: 'restored frame', bytes: restoration.method === 'none' ? 0 : frameBytes(size) },
    { name: 'brightness', bytes: isColour ? 4 * pixels * (centroid === 'ml' ? 1 : 2) : 0 },
    { name: 'plane above the sky', bytes: PLANE_PIXEL_BYTES * pixels },
    ...restoration.buffers(size, extentOf(settings), machine),
  ];
}

/** What stars are expected to be spread over. */
function extentOf({ blur: { motion, defocus } }: StarSettings): number {
  if (defocus !== null) return defocus === 'auto' ? EXPECTED_EXTENT_PX : 2 * defocus.radiusPx;
  if (motion === 'none') return 0;
  return typeof motion === 'object' && 'lengthPx' in motion ? motion.lengthPx : EXPECTED_EXTENT_PX;
}
