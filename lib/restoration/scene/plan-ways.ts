import type { AnyFrameSize } from '../../image/frame.js';
import { mayMiss } from '../../image/missing/valid.js';
import type { RowPicture } from '../../image/row-writer.js';
import { tiffFormOf } from '../../image/tiff/form.js';
import { usualReadingBuffers } from '../../image/tiff/usual-reading.js';
import { formatBytes } from '../../runtime/budget.js';
import { BudgetError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { FrameReport, Restoration } from '../restoration.js';
import { planScene } from './plan-scene.js';
import type { PlannedScene, RowsAsked, SceneToPlan } from './plan-scene.js';
import { planStreamedScene } from './plan-stream.js';

/**
 * The first way to write a scene that can be planned: one stream of rows takes less work than windows, however it is
 * written. Throws BudgetError with the least budget that suffices for any of them.
 */
export function planFirst<Report extends FrameReport, Way extends { readonly picture: RowPicture }>(
  ways: readonly Way[],
  job: Omit<SceneToPlan<Report>, 'picture'>,
  rows: RowsAsked,
): Way & { scene: PlannedScene<Report> } {
  let requiredBytes = Infinity;
  for (const plan of [planStreamedScene<Report>, planScene<Report>]) {
    for (const way of ways) {
      try {
        const scene = plan({ ...job, picture: way.picture }, rows);
        if (scene) return { ...way, scene };
      } catch (error) {
        if (!(error instanceof BudgetError)) throw error;
        requiredBytes = Math.min(requiredBytes, error.requiredBytes);
      }
    }
  }
  throw refuse(job, requiredBytes);
}

/**
 * The plan of a TIFF with a frame of a size by windows, before there is one: into strips, from blocks as files usually
 * have them. Null where it must be restored whole. Throws BudgetError as {@link planFirst}.
 * @param hasMask whether pixels are marked as missing: by a mask in the file or beside it, for the most memory
 */
export function planFileByWindows<Report extends FrameReport>(
  restoration: Restoration<Report>,
  size: AnyFrameSize,
  hasMask: boolean,
  { threads, budgetBytes }: Pick<Runtime, 'threads' | 'budgetBytes'>,
): Report['plan'] | null {
  if (!restoration.windowRule(size)) return null;
  const source = {
    header: size,
    isMasked: hasMask || mayMiss(size, { nodata: null, planes: [] }),
    rowBuffers: (rows: number) => usualReadingBuffers(size, rows, hasMask),
  };
  const picture: RowPicture = { format: 'tiff', size, metadata: {}, form: { ...tiffFormOf(size, {}), hasMask } };
  return planFirst([{ picture }], { restoration, source, threads, budgetBytes }, null).scene.plan;
}

/** What was refused were windows: people know the whole frame. */
function refuse<Report extends FrameReport>(
  { source: { header }, budgetBytes }: Omit<SceneToPlan<Report>, 'picture'>,
  requiredBytes: number,
): BudgetError {
  return new BudgetError(
    `A ${header.width}x${header.height} frame needs at least ${Math.ceil(requiredBytes / 1e6)}MB by windows, ` +
      `the budget is ${formatBytes(budgetBytes)}`,
    requiredBytes,
  );
}
