import { kernelAt } from '../../psf/field.js';
import type { PsfField } from '../../psf/field.js';
import type { Psf } from '../../psf/psf.js';
import type { Pauses } from '../../runtime/pauses.js';
import { describeShape, diskShape } from '../blur-shape.js';
import type { BlurShape } from '../blur-shape.js';
import type { RadiusField } from '../defocus.js';
import type { Comparison } from './compare.js';
import { fitDisk } from './disk-fit.js';
import type { KernelEstimate } from './measured-kernel.js';
import type { Registration } from './register.js';

/**
 * A kernel whose weights differ from those of a disk by more than this part of the largest is given as it is, not in
 * words.
 */
const MOST_MISFIT = 0.05;
/** Disks of a smaller radius, in pixels, are none. */
const LEAST_RADIUS = 0.5;

/** How sure a kernel is that was measured against a reference. */
export interface ReferenceConfidence {
  readonly level: 'high' | 'low';
  /**
   * 0 to 1: the part of the patches that agree on the registration, times the part of the frame that is not changed.
   */
  readonly value: number;
}

/** How the brightness of a frame depends on that of its reference, 1 being full scale. */
export interface Radiometry {
  /** frame = photometricRatio x blurred reference + offset. */
  readonly photometricRatio: number;
  readonly offset: number;
  /** Part of the frame that shows something else, 0 to 1. */
  readonly changed: number;
}

/**
 * What a sharp picture of the same ground tells of a frame's blur, relative to the reference averaged over the frame's
 * pixels.
 */
export interface ReferenceEstimate {
  readonly kind: 'reference';
  /** Why there is no estimate; null: there is one. */
  readonly declined: string | null;
  /** The disk with a Gaussian that is nearest to the kernel; null where none is near. */
  readonly shape: BlurShape | null;
  /** The same in words that `psf` takes. */
  readonly psf: string | null;
  /** In the middle of the frame, where there is a field. */
  readonly kernel: Psf | null;
  /** The kernels of a grid, where one was asked for; `psf` of `deconvolve` takes them. */
  readonly kernels: PsfField | null;
  /** The radii of the disks nearest to those, node by node; null where none is near. */
  readonly field: RadiusField | null;
  readonly confidence: ReferenceConfidence | null;
  readonly registration: Registration | null;
  readonly radiometry: Radiometry | null;
}

/** The estimate of kernels that were found. */
export async function concludeReference(
  { field, photometricRatio }: KernelEstimate,
  registration: Registration,
  { offset, changed }: Comparison,
  pauses: Pauses,
): Promise<ReferenceEstimate> {
  const kernel = kernelAt(field, 0.5, 0.5);
  const shape = await nearestDisk(kernel, pauses);
  const value = registration.trusted * (1 - changed);
  const isField = field.kernels.length > 1;
  return {
    kind: 'reference',
    declined: null,
    kernel,
    kernels: isField ? field : null,
    field: isField ? await radiiOf(field, pauses) : null,
    shape,
    psf: shape && describeShape(shape),
    confidence: { level: value >= 0.5 && registration.residualPx <= 0.3 ? 'high' : 'low', value },
    registration,
    radiometry: { photometricRatio, offset, changed },
  };
}

/** No estimate, with the reason. */
export function declineReference(declined: string): ReferenceEstimate {
  return {
    kind: 'reference',
    declined,
    shape: null,
    psf: null,
    kernel: null,
    kernels: null,
    field: null,
    confidence: null,
    registration: null,
    radiometry: null,
  };
}

async function radiiOf({ columns, rows, kernels }: PsfField, pauses: Pauses): Promise<RadiusField> {
  const radiiPx: (number | null)[] = [];
  for (const node of kernels) radiiPx.push((await nearestDisk(node, pauses))?.semiMajorPx ?? null);
  return { columns, rows, radiiPx };
}

/** Null where no disk is near. */
async function nearestDisk(kernel: Psf, pauses: Pauses): Promise<BlurShape | null> {
  const { radius, sigma, misfit } = await fitDisk(kernel, pauses);
  return misfit <= MOST_MISFIT && radius >= LEAST_RADIUS ? diskShape(radius, sigma) : null;
}
