import type { AnyFrameSize } from '../../image/frame.js';
import { frameBytes } from '../../image/frame.js';
import { contextBytes } from '../../image/missing/fill.js';
import { rowWriterBytes, rowsWrittenAtOnce } from '../../image/row-writer.js';
import type { RowPicture } from '../../image/row-writer.js';
import type { ImageSource } from '../../image/source.js';
import { secondReading } from '../../operation/ends.js';
import type { PlannedInput } from '../../operation/operation.js';
import { BudgetError } from '../../runtime/errors.js';
import { checksEnds } from '../../runtime/integrity.js';
import { bytesOf } from '../../runtime/memory-plan.js';
import type { FrameReport, Restoration } from '../restoration.js';
import { journalBytes } from './journal.js';
import { layoutWindows, leastRows, spreadWindows } from './windows.js';
import type { SceneWindow, WindowRule } from './windows.js';

/** Windows of a sample: what all share is found in them. */
const SAMPLES = 5;
/** Rows of a sample, at most. */
const SAMPLE_ROWS = 640;
/** Whatever the scene: samples drawn for its white, code that only scenes need. */
export const FIXED_BYTES = 6e6;
/** Numbers of rows that are considered grow by this factor. */
const GROWTH = 1.25;

/** Rows that each window gives, or the most of them; null: what is best. */
export type RowsAsked = { readonly exact: number } | { readonly most: number } | null;

/** A scene whose windows are known. */
export interface PlannedScene<Report extends FrameReport> {
  readonly rows: number;
  readonly windows: readonly SceneWindow[];
  /** Rows that are restored at a time, where one stream of rows goes through all windows; null: they overlap. */
  readonly pieceRows: number | null;
  /** Windows spread over the scene. */
  readonly samples: ReturnType<typeof spreadWindows>;
  /** Of the most memory that any window takes. */
  readonly plan: Report['plan'];
  /** Of windows of so many rows. */
  planOf(rowsRead: number): Report['plan'];
}

/** What windows are planned from. */
export interface SceneToPlan<Report extends FrameReport> {
  readonly restoration: Restoration<Report>;
  readonly source: Pick<ImageSource, 'header' | 'isMasked' | 'rowBuffers'>;
  readonly picture: RowPicture;
  readonly threads: number;
  readonly budgetBytes: number;
}

/**
 * The windows of a scene that need the least work within the budget, each restored by itself. Throws BudgetError with a
 * budget that suffices for the smallest.
 */
export function planScene<Report extends FrameReport>(
  scene: SceneToPlan<Report>,
  rows: RowsAsked,
): PlannedScene<Report> {
  const { restoration, source, picture } = scene;
  const { height } = source.header;
  const rule = restoration.windowRule(source.header)!;
  if (rows && 'exact' in rows) return planWindows(scene, rule, rows.exact);
  const unit = rowsWrittenAtOnce(picture);
  const least = Math.ceil(Math.max(unit, rule.fade, leastRows(height)) / unit);
  // A window is held as it was read and as it was restored.
  const room = scene.budgetBytes / (2 * frameBytes({ ...source.header, height: 1 }));
  const most = Math.max(least, Math.floor(Math.min(rows?.most ?? height, room) / unit));
  let best: { scene: PlannedScene<Report>; work: number } | null = null;
  let refusal: BudgetError | null = null;
  for (const units of listUnits(least, most, Math.ceil(height / unit))) {
    try {
      const planned = planWindows(scene, rule, units * unit);
      const work = planned.windows.reduce((sum, { read }) => sum + restoration.workOf(planned.planOf(read.count)), 0);
      if (!best || work <= best.work) best = { scene: planned, work };
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error;
      if (!refusal || error.requiredBytes < refusal.requiredBytes) refusal = error;
    }
  }
  if (best) return best.scene;
  throw refusal!;
}

/** Numbers of units from the fewest to the most, each for another number of windows. */
function listUnits(least: number, most: number, all: number): number[] {
  const found = new Set<number>();
  for (let units = least; units < most; units = Math.max(units + 1, units * GROWTH)) {
    // As even as they can be: as many windows of fewer rows.
    const even = Math.ceil(all / Math.ceil(all / Math.floor(units)));
    found.add(Math.min(most, Math.max(least, even)));
  }
  found.add(most);
  return [...found];
}

function planWindows<Report extends FrameReport>(
  scene: SceneToPlan<Report>,
  rule: WindowRule,
  rows: number,
): PlannedScene<Report> {
  const { header } = scene.source;
  const { height } = header;
  const windows = layoutWindows(height, rows, rule);
  const most = Math.max(...windows.map(({ read }) => read.count));
  const samples = spreadWindows(height, Math.min(SAMPLE_ROWS, most), SAMPLES);
  const counts = new Set([...windows.map(({ read }) => read.count), samples[0]!.count]);
  const plans = new Map([...counts].map((count) => [count, planWindow(scene, rule, count, windows.length)] as const));
  const largest = [...plans.values()].reduce((one, other) => (other.bytes > one.bytes ? other : one));
  const { fade } = rule;
  const facts = { frame: header, windows: windows.length, rows, rowsRead: most, isStream: false, fade };
  return {
    rows,
    windows,
    pieceRows: null,
    samples,
    plan: { ...largest, scene: facts },
    planOf: (count) => plans.get(count)!,
  };
}

function planWindow<Report extends FrameReport>(
  { restoration, source, picture, threads }: SceneToPlan<Report>,
  { fade }: WindowRule,
  count: number,
  windows: number,
): Report['plan'] {
  const { header, isMasked } = source;
  const size: AnyFrameSize = { ...header, height: count };
  const buffers = source.rowBuffers(count);
  const carried = frameBytes({ ...header, height: fade });
  const context = isMasked ? contextBytes(header) : 0;
  const writing = rowWriterBytes(picture, threads) + journalBytes(picture, windows);
  const codecBytes = FIXED_BYTES + bytesOf(buffers) + writing + carried + context;
  const input: PlannedInput = { size, buffers, isMasked, codecBytes };
  if (!checksEnds(restoration.integrity)) return restoration.plan(input);
  return restoration.plan({ ...input, codecBytes: codecBytes + secondReading([{ ...input, buffers: [] }]).bytes });
}
