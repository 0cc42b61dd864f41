import { frameBytes } from '../../image/frame.js';
import { rowWriterBytes, rowsWrittenAtOnce } from '../../image/row-writer.js';
import { BudgetError } from '../../runtime/errors.js';
import { bytesOf } from '../../runtime/memory-plan.js';
import type { PlannedBuffer } from '../../runtime/memory-plan.js';
import type { FrameReport } from '../restoration.js';
import { FILLED_ROWS, filledRowsBytes } from './filled-rows.js';
import { journalBytes } from './journal.js';
import { FIXED_BYTES } from './plan-scene.js';
import type { PlannedScene, RowsAsked, SceneToPlan } from './plan-scene.js';
import { layoutWindows, leastRows, spreadWindows } from './windows.js';

/** Rows after which a stream can be gone on with, unless it was told: what a kill costs, at most. */
const USUAL_ROWS = 512;
/** Rows that are read and restored at a time: the more, the less often a tile of the input is read again. */
const PIECES = [512, 256, 128, 64] as const;

/**
 * A scene through whose windows one stream of rows goes; null where the restoration needs windows that overlap. Throws
 * BudgetError with a budget that suffices.
 */
export function planStreamedScene<Report extends FrameReport>(
  scene: SceneToPlan<Report>,
  asked: RowsAsked,
): PlannedScene<Report> | null {
  const { header } = scene.source;
  const { height } = header;
  const rows = windowRows(scene, asked);
  let refusal: BudgetError | null = null;
  for (const piece of PIECES) {
    const pieceRows = Math.min(piece, rows, height);
    try {
      const plan = scene.restoration.planStream(header, buffersOf(scene, pieceRows, Math.ceil(height / rows)));
      if (!plan) return null;
      const windows = layoutWindows(height, rows, { before: 0, after: 0, fade: 0 });
      const facts = { frame: header, windows: windows.length, rows, rowsRead: rows, isStream: true, fade: 0 };
      return {
        ...{ rows, windows, pieceRows },
        samples: spreadWindows(height, FILLED_ROWS, 1),
        plan: { ...plan, scene: facts },
        planOf: () => plan,
      };
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error;
      refusal = error;
    }
  }
  throw refusal!;
}

/** Rows of a window: the output can be left after them. */
function windowRows<Report extends FrameReport>({ source, picture }: SceneToPlan<Report>, asked: RowsAsked): number {
  if (asked && 'exact' in asked) return asked.exact;
  const unit = rowsWrittenAtOnce(picture);
  const most = Math.floor((asked?.most ?? USUAL_ROWS) / unit);
  return unit * Math.max(1, most, Math.ceil(leastRows(source.header.height) / unit));
}

/** What reading, filling, keeping and writing rows takes. Those of a piece are read while others are. */
function buffersOf<Report extends FrameReport>(
  { source, picture, threads }: SceneToPlan<Report>,
  pieceRows: number,
  windows: number,
): PlannedBuffer[] {
  const { header, isMasked } = source;
  const reading = source.rowBuffers(pieceRows);
  const others = source.rowBuffers(Math.min(header.height, 2 * FILLED_ROWS)).filter(({ name }) => name !== 'file');
  const piece = { ...header, height: pieceRows };
  const writing = rowWriterBytes(picture, threads) + journalBytes(picture, windows);
  return [
    { name: 'decoder and encoder', bytes: FIXED_BYTES + bytesOf(reading) + bytesOf(others) + writing },
    { name: 'rows to be restored', bytes: 2 * frameBytes(piece) + (isMasked ? header.width * pieceRows : 0) },
    { name: 'rows for the network', bytes: filledRowsBytes(header, isMasked) },
  ];
}
