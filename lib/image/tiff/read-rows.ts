import type { ReadBytes } from '../../files/byte-source.js';
import { garbage } from '../../runtime/garbage.js';
import { Pauses } from '../../runtime/pauses.js';
import { damaged } from '../codec/inspection.js';
import { moveToLast } from './alpha-place.js';
import { blockRowBytes, nameOf, storedRows } from './layout.js';
import type { Blocks, Layout } from './layout.js';
import { undoOf } from './predictor.js';
import type { UndoRows } from './predictor.js';
import { toFrameSamples, unpackSamples } from './samples.js';
import type { FrameSamples } from './samples.js';
import { COMPRESSION } from './tags.js';
import { unpackerOf } from './unpack.js';

/** What reads rows of a picture. */
export interface RowReader {
  readonly layout: Layout;
  readonly blocks: Blocks;
  readonly isLittle: boolean;
  /** Value of the samples of holes. */
  readonly hole: number;
  /** The band that is alpha, from 0, which is read as the last one; null: none is. */
  readonly alphaBand: number | null;
  /** So many of the first bands, as they are read, are stored with 0 as white, and read with 0 as black. */
  readonly inverted: number;
  /** What stored samples are multiplied by, after that: 1, or what makes bytes of less than a byte. */
  readonly scale: number;
}

/** Rows of one block that are wanted, and where in the wanted picture they go. */
interface Piece {
  /** Number of the block, from 0, and its place: its column of blocks, and its band where each has its own. */
  readonly index: number;
  readonly column: number;
  readonly band: number;
  /** Rows of the block. */
  readonly from: number;
  readonly count: number;
  /** Rows of the block that are in the file. */
  readonly stored: number;
  /** Row of the result that the first is. */
  readonly row: number;
}

/** Most bytes that are read at a time of blocks that are not packed. */
const RAW_PIECE_BYTES = 4 * 2 ** 20;
/** Bytes whose predictor is undone between two looks at the clock. */
const UNDONE_BYTES = 2 ** 20;

/** Fills `output` with rows of a picture from row `top` on, interleaved. Throws ImageProblem for broken data. */
export async function readRows(
  read: ReadBytes,
  reader: RowReader,
  top: number,
  output: FrameSamples,
  signal: AbortSignal,
): Promise<void> {
  const { layout } = reader;
  const count = output.length / (layout.width * layout.bands);
  const pauses = new Pauses(signal);
  const fetch = pieceFetcher(read, reader, pauses, signal);
  await inTurn(piecesOf(layout, top, count), fetch, async (piece, samples) => {
    if (samples) await place(samples, piece, layout, output, pauses);
    else fillHole(piece, reader, output);
    garbage.settle(() => {});
  });
  const { alphaBand } = reader;
  const isMoved = alphaBand !== null && alphaBand < layout.bands - 1;
  if (isMoved) await moveToLast({ samples: output, channels: layout.bands }, alphaBand, pauses);
  if (reader.inverted > 0) await invert(output, reader, pauses);
  if (reader.scale !== 1) await scaleUp(output, reader, pauses);
}

/** Rows of one piece that are read at a time. */
export function pieceRows(layout: Layout): number {
  if (layout.compression !== COMPRESSION.none) return layout.blockHeight;
  return Math.min(layout.blockHeight, Math.max(1, Math.floor(RAW_PIECE_BYTES / blockRowBytes(layout))));
}

/** All pieces of some rows of the picture, from the top. */
function* piecesOf(layout: Layout, top: number, count: number): Generator<Piece> {
  const { blockHeight, across, down, bands, isPlanar } = layout;
  const most = pieceRows(layout);
  for (let row = top; row < top + count; ) {
    const blockRow = Math.floor(row / blockHeight);
    const from = row - blockRow * blockHeight;
    const rows = Math.min(most, blockHeight - from, top + count - row);
    const stored = storedRows(layout, blockRow);
    for (let band = 0; band < (isPlanar ? bands : 1); band += 1)
      for (let column = 0; column < across; column += 1) {
        const index = (band * down + blockRow) * across + column;
        yield { index, column, band, from, count: rows, stored, row: row - top };
      }
    row += rows;
  }
}

/** What reads a piece and makes samples of a frame of it; null for a hole. */
function pieceFetcher(read: ReadBytes, reader: RowReader, pauses: Pauses, signal: AbortSignal) {
  const { layout, blocks, isLittle } = reader;
  const [unpack, undo] = [unpackerOf(layout), undoOf(layout, isLittle)];
  const rowBytes = blockRowBytes(layout);
  const isRaw = layout.compression === COMPRESSION.none;
  return async ({ index, from, count, stored }: Piece): Promise<FrameSamples | null> => {
    const [offset, size] = [blocks.offsets[index]!, blocks.sizes[index]!];
    if (size === 0) return null;
    const bytes = isRaw
      ? new Uint8Array(await read(offset + from * rowBytes, count * rowBytes))
      : await unpack(await read(offset, size), signal);
    if (!isRaw && bytes.length < stored * rowBytes) throw endsEarly(layout, index, bytes.length, stored * rowBytes);
    const rows = isRaw ? bytes : bytes.subarray(from * rowBytes, (from + count) * rowBytes);
    await undoByRows(undo, rows, rowBytes, pauses);
    // Packed and unpacked bytes are dropped as soon as the piece has its place.
    garbage.add((isRaw ? 0 : size) + bytes.byteLength);
    const { sampleType, bits, blockWidth, blockBands } = layout;
    return sampleType === 'packed'
      ? unpackSamples(rows, blockWidth * blockBands, bits)
      : toFrameSamples(rows, sampleType);
  };
}

/** A strip may be the whole picture: others have their turn between its rows. */
async function undoByRows(undo: UndoRows, rows: Uint8Array, rowBytes: number, pauses: Pauses): Promise<void> {
  const step = rowBytes * Math.max(1, Math.floor(UNDONE_BYTES / rowBytes));
  for (let start = 0; start < rows.length; start += step) {
    if (pauses.isDue) await pauses.take();
    undo(rows.subarray(start, start + step));
  }
}

function endsEarly(layout: Layout, index: number, found: number, needed: number): Error {
  return damaged(`its ${nameOf(layout)} ${index + 1} unpacks to ${found} of ${needed} bytes`);
}

/** Reads the next piece while one is used. Nothing runs any more when it settles. */
async function inTurn(
  pieces: Iterable<Piece>,
  fetch: (piece: Piece) => Promise<FrameSamples | null>,
  use: (piece: Piece, samples: FrameSamples | null) => Promise<void>,
): Promise<void> {
  let before: { piece: Piece; samples: Promise<FrameSamples | null> } | null = null;
  try {
    for (const piece of pieces) {
      const current = before;
      before = { piece, samples: fetch(piece) };
      // Its failure counts when its turn comes.
      before.samples.catch(() => {});
      if (current) await use(current.piece, await current.samples);
    }
    if (before) await use(before.piece, await before.samples);
  } finally {
    await before?.samples.catch(() => {});
  }
}

/** Copies rows of a block into the picture. */
async function place(
  samples: FrameSamples,
  piece: Piece,
  layout: Layout,
  output: FrameSamples,
  pauses: Pauses,
): Promise<void> {
  const { width, bands, blockWidth, blockBands, isPlanar } = layout;
  const left = piece.column * blockWidth;
  const columns = Math.min(blockWidth, width - left);
  for (let row = 0; row < piece.count; row += 1) {
    if (pauses.isDue) await pauses.take();
    const from = row * blockWidth * blockBands;
    const to = ((piece.row + row) * width + left) * bands + piece.band;
    if (!isPlanar) output.set(samples.subarray(from, from + columns * bands), to);
    else for (let x = 0; x < columns; x += 1) output[to + x * bands] = samples[from + x]!;
  }
}

/** Gives the samples of a hole their value. */
function fillHole(piece: Piece, { layout, hole }: RowReader, output: FrameSamples): void {
  const { width, bands, blockWidth, isPlanar } = layout;
  const left = piece.column * blockWidth;
  const columns = Math.min(blockWidth, width - left);
  for (let row = 0; row < piece.count; row += 1) {
    const to = ((piece.row + row) * width + left) * bands;
    if (!isPlanar) output.fill(hole, to, to + columns * bands);
    else for (let x = 0; x < columns; x += 1) output[to + x * bands + piece.band] = hole;
  }
}

/** Turns white and black of integers round. */
async function invert(output: FrameSamples, { layout, inverted }: RowReader, pauses: Pauses): Promise<void> {
  const full = 2 ** layout.bits - 1;
  const rowLength = layout.width * layout.bands;
  for (let row = 0; row < output.length; row += rowLength) {
    for (let pixel = row; pixel < row + rowLength; pixel += layout.bands)
      for (let at = pixel; at < pixel + inverted; at += 1) output[at] = full - output[at]!;
    if (pauses.isDue) await pauses.take();
  }
}

/** Multiplies all samples, row by row. */
async function scaleUp(output: FrameSamples, { layout, scale }: RowReader, pauses: Pauses): Promise<void> {
  const rowLength = layout.width * layout.bands;
  for (let row = 0; row < output.length; row += rowLength) {
    for (let at = row; at < row + rowLength; at += 1) output[at] = output[at]! * scale;
    if (pauses.isDue) await pauses.take();
  }
}
