import { StateError } from '../../runtime/errors.js';
import { Pauses } from '../../runtime/pauses.js';
import { allocateSamples } from '../frame.js';
import { metadataBytes } from '../metadata/image-metadata.js';
import { tiffFormOf } from './form.js';
import { moveToLast } from './alpha-place.js';
import { LEADER_BYTES, TRAILER_BYTES, layoutCog } from './cog-layout.js';
import { maskPictureOf, readTileRow } from './overview-tiles.js';
import type { TiledPicture } from './overview-tiles.js';
import { halveMask, halveRows, validityOf } from './overviews.js';
import type { TiffSamples } from './write-blocks.js';
import { alphaBandOf, blockBound, deflateBound, gridOf, mayExceedClassic } from './write-description.js';
import type { TiffDescription } from './write-description.js';
import type { ByteSink, ByteSpool } from '../write-sink.js';
import { TiffWriter, tiffWriterBytes } from './write.js';
import type { TiffWriterState } from './write-state.js';
import type { TiffWriterOptions } from './write.js';

/** Side of the largest picture that needs no overview, in pixels. */
const LEAST_OVERVIEW = 512;

/** A picture that is written as Cloud Optimized GeoTIFF: in tiles, all samples of a pixel together. */
export type CogDescription = Omit<TiffDescription, 'isPlanar' | 'isReduced' | 'isMask'>;

/** Makes another spool for an overview, which is let go at the end. */
export type OpenSpool = () => Promise<ByteSpool>;

/** Bytes that a {@link CogWriter} holds at most beside what it is given: independent of the height of the picture. */
export function cogWriterBytes(description: CogDescription, threads = 1): number {
  const tiled = tiledLike(description);
  const grid = gridOf(tiled);
  const { width, channels, depth, hasMask = false } = description;
  const rowsBytes = grid.height * width * (channels * (depth / 8) + (hasMask ? 1 : 0));
  // Rows of tiles of one level, half as wide and high for the next, and its writer; a tile that is unpacked or copied.
  const levelBytes = rowsBytes * 1.25 + 3 * (grid.bytes + deflateBound(grid.bytes));
  const listBytes = (hasMask ? 4 : 2) * 24 * grid.across * grid.down;
  return Math.ceil(tiffWriterBytes(tiled, threads) + levelBytes + listBytes);
}

/**
 * Writes a Cloud Optimized GeoTIFF: tiles of the full picture go to a spool as rows come; overviews are made of them in
 * the end, level by level, and all is put in its order.
 */
export class CogWriter {
  readonly #writer: TiffWriter;
  readonly #spool: ByteSpool;
  readonly #options: TiffWriterOptions;

  private constructor(writer: TiffWriter, spool: ByteSpool, options: TiffWriterOptions) {
    this.#writer = writer;
    this.#spool = spool;
    this.#options = options;
  }

  /** A writer of a new file. Throws ArgumentError for a description that makes no sense. */
  static create(spool: ByteSpool, description: CogDescription, options: TiffWriterOptions = {}): CogWriter {
    return new CogWriter(TiffWriter.create(spool, tiledLike(description), options), spool, options);
  }

  /** A writer that goes on where another has been, as {@link TiffWriter.resume}. */
  static resume(
    spool: ByteSpool,
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
  writeRows(samples: TiffSamples, count: number, mask: Uint8Array | null = null): Promise<void> {
    return this.#writer.writeRows(samples, count, mask);
  }

  /** {@link TiffWriter.state}, of the spool. */
  state(): Promise<TiffWriterState> {
    return this.#writer.state();
  }

  /**
   * Makes the overviews and writes the file. Resolves to its bytes. Rejects with StateError where rows are missing, an
   * error of a sink or spool, or the signal's reason.
   */
  async finish(sink: ByteSink, openSpool: OpenSpool): Promise<number> {
    const { description, grid, nextRow } = this.#writer;
    if (nextRow < description.height)
      throw new StateError(`Rows ${nextRow + 1} to ${description.height} are missing: write them first`);
    const pictures = [{ description, grid, spool: this.#spool, ...blocksOf(await this.state()) }];
    for (let last = pictures[0]!; Math.max(last.description.width, last.description.height) > LEAST_OVERVIEW; ) {
      last = await makeOverview(last, await openSpool(), this.#options);
      pictures.push(last);
    }
    return writePictures(sink, pictures, this.#options);
  }
}

const tiledLike = (description: CogDescription): TiffDescription => ({
  ...description,
  tileSize: description.tileSize ?? tiffFormOf(description, {}, { cog: true }).tileSize,
  isPlanar: false,
});

/** Tiles of the one plane that there is, and those of the mask. */
function blocksOf({ offsets, byteCounts }: TiffWriterState): Pick<TiledPicture, 'blocks' | 'mask'> {
  const [blocks, mask = null] = offsets.map((list, index) => ({ offsets: list, byteCounts: byteCounts[index]! }));
  return { blocks: blocks!, mask };
}

/** The picture at half its size, rounded up. */
async function makeOverview(full: TiledPicture, spool: ByteSpool, options: TiffWriterOptions): Promise<TiledPicture> {
  const { width, height, channels, depth, hasMask = false } = full.description;
  const size = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const description: TiffDescription = { ...full.description, ...size, isReduced: true };
  const writer = TiffWriter.create(spool, description, options);
  const { signal = new AbortController().signal } = options;
  const pauses = new Pauses(signal);
  const [rule, alphaBand] = [validityOf(full.description), alphaBandOf(full.description)];
  const pixels = full.grid.height * width;
  const [samples, mask] = [allocateSamples(pixels * channels, depth), new Uint8Array(hasMask ? pixels : 0)];
  const halved = allocateSamples((full.grid.height / 2) * size.width * channels, depth);
  const halvedMask = new Uint8Array(hasMask ? (full.grid.height / 2) * size.width : 0);
  const maskPicture = maskPictureOf(full);
  for (let tileRow = 0; tileRow < full.grid.down; tileRow += 1) {
    const count = await readTileRow(full, tileRow, samples, signal);
    if (alphaBand < channels - 1) await moveToLast({ samples, channels }, alphaBand, pauses);
    if (maskPicture) await readTileRow(maskPicture, tileRow, mask, signal);
    await halveRows({ samples, count, width, channels, mask: maskPicture && mask }, halved, rule, pauses);
    if (maskPicture) halveMask(mask, count, width, halvedMask);
    const made = Math.ceil(count / 2);
    const rows = halved.subarray(0, made * size.width * channels);
    await writer.writeRows(rows, made, maskPicture && halvedMask.subarray(0, made * size.width));
  }
  return { description, grid: writer.grid, spool, ...blocksOf(await writer.state()) };
}

/** Puts everything in its order. */
async function writePictures(
  sink: ByteSink,
  pictures: readonly TiledPicture[],
  { signal }: TiffWriterOptions,
): Promise<number> {
  const { grid, description } = pictures[0]!;
  const tiles = pictures.reduce((total, picture) => total + picture.blocks.offsets.length, 0);
  const overviewBytes = (tiles - grid.across * grid.down) * blockBound(description);
  const isBig =
    description.isBig ?? mayExceedClassic(description, overviewBytes + 2 * metadataBytes(description.metadata ?? {}));
  const { head, starts, sizeBytes } = layoutCog(pictures, isBig);
  for (let level = pictures.length - 1; level >= 0; level -= 1)
    await writeTiles(sink, pictures[level]!, starts[level]!, signal);
  await sink.write(head, 0);
  return sizeBytes;
}

/** Writes the tiles of a picture, each with that of the mask behind it. */
async function writeTiles(
  sink: ByteSink,
  { spool, blocks, mask }: TiledPicture,
  start: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let position = start;
  for (let index = 0; index < blocks.offsets.length; index += 1) {
    for (const { offsets, byteCounts } of [blocks, ...(mask ? [mask] : [])]) {
      signal?.throwIfAborted();
      const tile = withMarks(await spool.read(offsets[index]!, byteCounts[index]!));
      await sink.write(tile, position);
      position += tile.length;
    }
  }
}

/** A tile between its length and its last bytes. */
function withMarks(tile: Uint8Array): Buffer {
  const marked = Buffer.allocUnsafeSlow(LEADER_BYTES + tile.length + TRAILER_BYTES);
  marked.writeUInt32LE(tile.length, 0);
  marked.set(tile, LEADER_BYTES);
  marked.set(tile.subarray(-TRAILER_BYTES), LEADER_BYTES + tile.length);
  return marked;
}
