import { copySamples } from '../../image/frame.js';
import type { AnyFrame } from '../../image/frame.js';
import { fillMissing } from '../../image/missing/fill.js';
import { colourPlanes } from '../../image/planes.js';
import { fullScale, typeScale, windowOf } from '../../image/samples.js';
import type { RestorationTask } from '../../restoration/restoration.js';
import type { DefectRequest, NativeDefects } from '../../runtime/native/binding.js';
import { garbage } from '../../runtime/garbage.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';
import { placeOf } from '../part-solver.js';
import type { PartSource } from '../part-solver.js';
import type { TilePsfs } from '../psf-source.js';
import type { DeconvolveSettings } from '../settings.js';
import { knownRows } from './known.js';
import { predictionOf } from './prediction.js';
import { countDefects, isWrong } from './report.js';
import type { Defects, PlaneDefects } from './report.js';

/** Floats have no steps, but none finer than this matter. */
const FLOAT_STEP = 1 / 4096;

/** A frame without its defects, in samples of its own: what is impossible is replaced, but for clipped samples. */
export interface SoundFrame extends PartSource {
  /** Null: none were looked for, and none were known. */
  readonly defects: Defects | null;
  /** Whether any samples are clipped. */
  readonly isClipped: boolean;
  readonly warnings: readonly string[];
}

/** Finds the samples of a frame that no blurred scene with noise can have, and leaves them out with those known. */
export async function leaveOutDefects(
  task: RestorationTask,
  { defects: mode, knownDefects: all }: Pick<DeconvolveSettings, 'defects' | 'knownDefects'>,
  psfs: TilePsfs,
  scope: Scope,
): Promise<SoundFrame> {
  const knownDefects = all && knownRows(all, task);
  const base = await leaveOutKnown(task, knownDefects, scope);
  const { valid, ...rest } = base;
  const plain = { ...rest, validOf: () => valid, isClipped: false, warnings: [] };
  const planes = mode === 'none' ? [] : await searchPlanes(base, psfs, scope);
  const counted = countedPixels(task);
  const defects = mode === 'none' && !knownDefects ? null : countDefects(planes, counted, knownDefects);
  const isClipped = planes.some(({ counts }) => counts.clippedAnywhere);
  if (!isWrong(planes, counted))
    return { ...plain, defects, isClipped, validOf: (plane) => planes[plane]?.valid ?? valid };
  const untouched = await leaveOutKnown(task, knownDefects, scope);
  base.frame.data.set(untouched.frame.data);
  const warning = 'So many samples look impossible that the kernel must be wrong; none of them are left out';
  return { ...plain, defects: countDefects([], counted, knownDefects), warnings: [warning] };
}

/** Whether anything does not count. */
export function hasGaps({ frame, validOf }: PartSource): boolean {
  return Array.from({ length: colourPlanes(frame) }, (_, plane) => plane).some((plane) => validOf(plane) !== null);
}

/** The task in samples of its own, those of known defects filled. */
async function leaveOutKnown(task: RestorationTask, known: Uint8Array | null, scope: Scope): Promise<RestorationTask> {
  const { frame, valid } = task;
  if (!known) return { ...task, frame: { ...frame, data: copySamples(frame.data) } as AnyFrame };
  const counts = Uint8Array.from(known, (defect, pixel) => (defect === 0 && valid?.[pixel] !== 0 ? 1 : 0));
  return { ...task, frame: await fillMissing(frame, counts, new Pauses(scope.signal)), valid: counts };
}

/** What lies in other windows of a scene, too, is counted in one of them. */
const countedRows = ({ frame, part }: RestorationTask): Pick<DefectRequest, 'countFrom' | 'countTo'> => ({
  countFrom: part?.from ?? 0,
  countTo: part?.to ?? frame.height,
});

function countedPixels(task: RestorationTask): number {
  const { countFrom, countTo } = countedRows(task);
  return task.frame.width * (countTo - countFrom);
}

/** One plane after the other, each by all threads. */
async function searchPlanes(task: RestorationTask, psfs: TilePsfs, scope: Scope): Promise<PlaneDefects[]> {
  const found: PlaneDefects[] = [];
  const spares: Uint8Array[] = [];
  for (let plane = 0; plane < colourPlanes(task.frame); plane += 1) {
    found.push(await searchPlane(task, plane, psfs, spares, scope));
  }
  garbage.add(spares.reduce((sum, { length }) => sum + length, 0));
  return found;
}

/** @param spares masks that no plane needs, to be used again */
async function searchPlane(
  task: RestorationTask,
  plane: number,
  psfs: TilePsfs,
  spares: Uint8Array[],
  scope: Scope,
): Promise<PlaneDefects> {
  const { frame, valid: given } = task;
  const { width, height, depth } = frame;
  const valid = spares.pop() ?? new Uint8Array(width * height);
  if (given) valid.set(given);
  else valid.fill(1);
  const kernel = psfs.middle(plane, placeOf(task, { left: 0, top: 0, width, height }));
  const isFloat = depth === 32;
  const request = {
    ...predictionOf(kernel),
    width,
    height,
    window: windowOf(frame, frame.data, plane, 0, 0),
    step: isFloat ? FLOAT_STEP : 1 / fullScale(frame),
    low: isFloat ? -Infinity : 0,
    high: isFloat ? Infinity : typeScale(frame) / fullScale(frame),
    ...countedRows(task),
    valid,
    threads: scope.threads,
  };
  const counts: NativeDefects = await scope.call((binding, ticket) => binding.findDefects(request, scope.isa, ticket));
  if (counts.anywhere) return { counts, valid };
  spares.push(valid);
  return { counts, valid: given };
}
