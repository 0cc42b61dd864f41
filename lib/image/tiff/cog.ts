import { StateError } from '../../runtime/errors.js';
import { Pauses } from '../../runtime/pauses.js';
import { allocateSamples } from '../frame.js';
import { metadataBytes } from '../metadata/image-metadata.js';
import { LEADER_BYTES, TRAILER_BYTES, layoutCog } from './cog-layout.js';
import { readTileRow } from './overview-tiles.js';
import type { TiledPicture } from './overview-tiles.js';
import { halveRows, validityOf } from './overviews.js';
import type { TiffSamples } from './write-blocks.js';
import { deflateBound, gridOf, mayExceedClassic } from './write-description.js';
import type { TiffDescription } from './write-description.js';
import type { TiffSink, TiffSpool } from './write-sink.js';
import { TiffWriter, tiffWriterBytes } from './write.js';
import type { TiffWriterOptions, TiffWriterState } from './write.js';

/** Side of a tile, and of the largest picture that needs no overview, in pixels. */
export const TILE_SIZE = 512;

/** A picture that is written as Cloud Optimized GeoTIFF: in tiles of 512, all samples of a pixel together. */
export type CogDescription = Omit<TiffDescription, 'tileSize' | 'isPlanar' | 'isReduced'>;

/** Makes another spool for an overview, which is let go at the end. */
export type OpenSpool = () => Promise<TiffSpool>;

/** Bytes that a {@link CogWriter} holds at most beside what it is given: independent of the height of the picture. */
export function cogWriterBytes(description: CogDescription, threads = 1): number {
  const tiled = tiledLike(description);
  const grid = gridOf(tiled);
  const { width, channels, depth } = description;
  const rowsBytes = grid.height * width * channels * (depth / 8);
  // Rows of tiles of one level, half as wide and high for the next, and its writer; a tile that is unpacked or copied.
  const levelBytes = rowsBytes * 1.25 + 3 * (grid.bytes + deflateBound(grid.bytes));
  const listBytes = 2 * 24 * grid.across * grid.down;
  return Math.ceil(tiffWriterBytes(tiled, threads) + levelBytes + listBytes);
}

/**
 * Writes a Cloud Optimized GeoTIFF: tiles of the full picture go to a spool as rows come; overviews are made of them in
 * the end, level by level, and all is put in its order.
 */
export class CogWriter {
  readonly #writer: TiffWriter;
  readonly #spool: TiffSpool;
  readonly #options: TiffWriterOptions;

  private constructor(writer: TiffWriter, spool: TiffSpool, options: TiffWriterOptions) {
    this.#writer = writer;
    this.#spool = spool;
    this.#options = options;
  }

  /** A writer of a new file. Throws ArgumentError for a description that makes no sense. */
  static create(spool: TiffSpool, description: CogDescription, options: TiffWriterOptions = {}): CogWriter {
    return new CogWriter(TiffWriter.create(spool, tiledLike(description), options), spool, options);
  }

  /** A writer that goes on where another has been, as {@link TiffWriter.resume}. */
  static resume(
    spool: TiffSpool,
    description: CogDescription,
    state: TiffWriterState,
    options: TiffWriterOptions = {},
  ): CogWriter {
    return new CogWriter(TiffWriter.resume(spool, tiledLike(description), state, options), spool, options);
  }

  /** The row that is expected next, from 0. */
  get nextRow(): number {
    return this.#writer.nextRow;
  }

  /** {@link TiffWriter.writeRows} */
  writeRows(samples: TiffSamples, count: number): Promise<void> {
    return this.#writer.writeRows(samples, count);
  }

  /** {@link TiffWriter.state}, of the spool. */
  state(): Promise<TiffWriterState> {
    return this.#writer.state();
  }

  /**
   * Makes the overviews and writes the file. Resolves to its bytes. Rejects with StateError where rows are missing, an
   * error of a sink or spool, or the signal's reason.
   */
  async finish(sink: TiffSink, openSpool: OpenSpool): Promise<number> {
    const { description, grid, nextRow } = this.#writer;
    if (nextRow < description.height)
      throw new StateError(`Rows ${nextRow + 1} to ${description.height} are missing: write them first`);
    const pictures = [{ description, grid, spool: this.#spool, blocks: blocksOf(await this.state()) }];
    for (let last = pictures[0]!; Math.max(last.description.width, last.description.height) > TILE_SIZE; ) {
      last = await makeOverview(last, await openSpool(), this.#options);
      pictures.push(last);
    }
    return writePictures(sink, pictures, this.#options);
  }
}

const tiledLike = (description: CogDescription): TiffDescription => ({
  ...description,
  tileSize: TILE_SIZE,
  isPlanar: false,
});

const blocksOf = ({ offsets, byteCounts }: TiffWriterState): TiledPicture['blocks'] => ({
  offsets: offsets.flat(),
  byteCounts: byteCounts.flat(),
});

/** The picture at half its size, rounded up. */
async function makeOverview(full: TiledPicture, spool: TiffSpool, options: TiffWriterOptions): Promise<TiledPicture> {
  const { width, height, channels, depth } = full.description;
  const size = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const description: TiffDescription = { ...full.description, ...size, isReduced: true };
  const writer = TiffWriter.create(spool, description, options);
  const { signal = new AbortController().signal } = options;
  const pauses = new Pauses(signal);
  const rule = validityOf(full.description);
  const rows = allocateSamples(full.grid.height * width * channels, depth);
  const halved = allocateSamples((full.grid.height / 2) * size.width * channels, depth);
  for (let tileRow = 0; tileRow < full.grid.down; tileRow += 1) {
    const count = await readTileRow(full, tileRow, rows, signal);
    await halveRows({ samples: rows, count, width, channels }, halved, rule, pauses);
    const made = Math.ceil(count / 2);
    await writer.writeRows(halved.subarray(0, made * size.width * channels), made);
  }
  return { description, grid: writer.grid, spool, blocks: blocksOf(await writer.state()) };
}

/** Puts everything in its order. */
async function writePictures(
  sink: TiffSink,
  pictures: readonly TiledPicture[],
  { signal }: TiffWriterOptions,
): Promise<number> {
  const { grid, description } = pictures[0]!;
  const tiles = pictures.reduce((total, picture) => total + picture.blocks.offsets.length, 0);
  const overviewBytes = (tiles - grid.across * grid.down) * (deflateBound(grid.bytes) + 24);
  const isBig =
    description.isBig ?? mayExceedClassic(grid, overviewBytes + 2 * metadataBytes(description.metadata ?? {}));
  const { head, starts, sizeBytes } = layoutCog(pictures, isBig);
  for (let level = pictures.length - 1; level >= 0; level -= 1) {
    const { spool, blocks } = pictures[level]!;
    let position = starts[level]!;
    for (const [index, offset] of blocks.offsets.entries()) {
      signal?.throwIfAborted();
      const tile = withMarks(await spool.read(offset, blocks.byteCounts[index]!));
      await sink.write(tile, position);
      position += tile.length;
    }
  }
  await sink.write(head, 0);
  return sizeBytes;
}

/** A tile between its length and its last bytes. */
function withMarks(tile: Uint8Array): Buffer {
  const marked = Buffer.allocUnsafeSlow(LEADER_BYTES + tile.length + TRAILER_BYTES);
  marked.writeUInt32LE(tile.length, 0);
  marked.set(tile, LEADER_BYTES);
  marked.set(tile.subarray(-TRAILER_BYTES), LEADER_BYTES + tile.length);
  return marked;
}
