import type { FramePlan } from '../../image/frame-memory.js';
import { checkFrameSize, completeSize, frameBytes } from '../../image/frame.js';
import type { AnyFrameSize, PixelSize } from '../../image/frame.js';
import { colourPlanes } from '../../image/planes.js';
import { secondReading } from '../../operation/ends.js';
import { fileBuffers, gapBuffers, inputBuffers } from '../../operation/input-buffers.js';
import type { PlannedInput } from '../../operation/operation.js';
import { BudgetError } from '../../runtime/errors.js';
import { formatBytes } from '../../runtime/budget.js';
import { checksEnds } from '../../runtime/integrity.js';
import { bytesOf, coverPhase, processBuffers, sumBuffers } from '../../runtime/memory-plan.js';
import type { PlannedBuffer } from '../../runtime/memory-plan.js';
import { requireObject } from '../../runtime/validate.js';
import type { Binding } from '../../runtime/native/binding.js';
import { EXPECTED_SIDE_PX, expectedExtent, mustTellTrail, searchBytes, trailBytes } from '../measure/memory.js';
import { knownPixelsBytes } from '../measure/known-pixels.js';
import { PLANE_PIXEL_BYTES } from '../measure/plane-memory.js';
import type { Machine } from './method.js';
import { CENTROIDS } from './recentre.js';
import type { StarIntegrity } from './options.js';
import type { StarSettings } from './settings.js';

/**
 * In what memory a star frame is measured and restored. Where the frame tells longer trails or larger disks than are
 * expected, or where many windows become one, more is taken, if the budget has room.
 */
export interface StarPlan extends FramePlan {
  /** What the method may take beside the frames, in bytes. */
  readonly restorationBytes: number;
}

/** The size of a frame, and its samples: 3 of 8 bits by default. */
export type StarFrameSize = PixelSize;

/** The plan of a file with a frame of a size, before there is one. Throws ArgumentError or BudgetError. */
export function planFile(
  frame: StarFrameSize,
  settings: StarSettings,
  machine: Machine,
  budgetBytes: number,
  integrity: StarIntegrity = 'off',
): StarPlan {
  requireObject('size', frame);
  const size = completeSize(frame);
  checkFrameSize(size, [8, 16, 32]);
  // No format that is read takes more than the samples themselves.
  const buffers = ['file', 'decoder'].map((name) => ({ name, bytes: frameBytes(size) }));
  const input = { size, buffers, isMasked: false };
  const plan = planStarFrame(input, settings, machine, budgetBytes);
  return checksEnds(integrity)
    ? requireFits(coverPhase(plan, [...inputBuffers([input]), secondReading([input])]))
    : plan;
}

/** The plan of a frame by its header. Throws BudgetError with a budget that suffices. */
export function planStarFrame(
  input: PlannedInput,
  settings: StarSettings,
  machine: Machine,
  budgetBytes: number,
): StarPlan {
  const { size, buffers, isMasked } = input;
  const frame: PlannedBuffer = { name: 'decoded frame', bytes: frameBytes(size) };
  const reading = sumBuffers([...processBuffers(), ...buffers, frame], budgetBytes);
  const held = [...fileBuffers(input), frame, ...planeBuffers(size), ...gapBuffers(input)];
  const known = { name: 'pixels that are known', bytes: isMasked ? knownPixelsBytes(size) : 0 };
  const restoring = restoringBuffers(size, settings, machine);
  const restorationBytes = bytesOf(restoring.ofMethod);
  const plan = [
    [...held, known, ...measuringBuffers(size, settings, machine)],
    [...held, ...restoring.frames, ...restoring.ofMethod],
  ].reduce<StarPlan>(coverPhase, { frame: size, restorationBytes, ...reading });
  return requireFits(plan);
}

function requireFits(plan: StarPlan): StarPlan {
  const { bytes, budgetBytes, frame } = plan;
  if (bytes <= budgetBytes) return plan;
  throw new BudgetError(
    `A ${frame.width}x${frame.height} star frame needs at least ${Math.ceil(bytes / 1e6)}MB; ` +
      `the budget is ${formatBytes(budgetBytes)}`,
    bytes,
  );
}

const isColour = (size: AnyFrameSize): boolean => colourPlanes(size) > 1;

function planeBuffers(size: AnyFrameSize): PlannedBuffer[] {
  const pixels = size.width * size.height;
  return [
    { name: 'brightness', bytes: isColour(size) ? 4 * pixels : 0 },
    { name: 'plane above the sky', bytes: PLANE_PIXEL_BYTES * pixels },
  ];
}

/** What the frame's look and its stars take: one after the other. */
function measuringBuffers(size: AnyFrameSize, { blur }: StarSettings, { binding, threads }: Machine): PlannedBuffer[] {
  const { width, height } = size;
  const search = searchBytes(expectedExtent(blur), width * height, threads);
  const trail = mustTellTrail(blur) ? trailBytes(EXPECTED_SIDE_PX, binding) : 0;
  const paper = blur.motion === 'paper' ? spectraBytes(size, binding, threads) : 0;
  return [{ name: 'search for stars', bytes: Math.max(search, trail, paper) }];
}

/** Two spectra of the frame, what they are made of, and their transform. */
function spectraBytes({ width, height }: AnyFrameSize, binding: Binding, threads: 1 | 2 | 3): number {
  const transform = binding.planFft({ kind: 'image', rows: height, columns: width, threads });
  return transform + 4 * height * (2 * width + 2 * (width + 2));
}

function restoringBuffers(
  size: AnyFrameSize,
  { blur, restoration, centroid }: StarSettings,
  machine: Machine,
): { readonly frames: PlannedBuffer[]; readonly ofMethod: PlannedBuffer[] } {
  const isPlacedAgain = CENTROIDS[centroid] !== null;
  return {
    frames: [
      { name: 'restored frame', bytes: restoration.method === 'none' ? 0 : frameBytes(size) },
      { name: 'restored brightness', bytes: isColour(size) && isPlacedAgain ? 4 * size.width * size.height : 0 },
    ],
    ofMethod: restoration.buffers(size, expectedExtent(blur), machine),
  };
}
