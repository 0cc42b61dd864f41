import { unsupported } from '../codec/inspection.js';
import { MAX_CHANNELS, allocateSamples } from '../frame.js';
import type { AnyFrameSize } from '../frame.js';
import { readBandRoles, readWhite } from './bands.js';
import { decoderBytes } from './decoder-memory.js';
import type { BlockFacts } from './decoder-memory.js';
import type { Directory } from './directory.js';
import { readBlocks, readLayout } from './layout.js';
import type { Blocks, Layout } from './layout.js';
import { parseNodata, readNodataText } from './nodata.js';
import type { Nodata } from './nodata.js';
import { describeColours } from './names.js';
import { undoOf } from './predictor.js';
import type { RowReader } from './read-rows.js';
import { byteScale, frameDepthOf } from './samples.js';
import type { FrameSamples } from './samples.js';
import { PHOTOMETRIC, TAG } from './tags.js';
import { unpackerOf } from './unpack.js';

/** Samples that can be read, and how. */
export interface OpenSamples {
  readonly size: AnyFrameSize;
  /** Of samples as they are read. */
  readonly nodata: Nodata;
  readonly warnings: readonly string[];
  readonly decoderBytes: number;
  readonly reader: RowReader;
  /** The band of the file that is alpha, from 0, where it is not the last; else null. Samples have it last. */
  readonly alphaBand: number | null;
  /** Samples of so many rows, all 0. */
  readonly allocate: (rows: number) => FrameSamples;
}

const READ_PHOTOMETRICS: readonly number[] = [PHOTOMETRIC.whiteIsZero, PHOTOMETRIC.blackIsZero, PHOTOMETRIC.rgb];

/** The samples of a picture. Throws ImageProblem where they are damaged, or of a kind that is not read. */
export async function openSamples(directory: Directory): Promise<OpenSamples> {
  const photometric = await directory.value(TAG.photometric, PHOTOMETRIC.blackIsZero);
  if (!READ_PHOTOMETRICS.includes(photometric)) throw unsupported(describeColours(photometric), 'write grey or RGB');
  const layout = await readLayout(directory);
  const { width, height, bands: channels, sampleType, bits } = layout;
  if (channels > MAX_CHANNELS) throw unsupported(`it has ${channels} bands`, `write at most ${MAX_CHANNELS} to a file`);
  const depth = frameDepthOf(sampleType, bits);
  const { alphaBand, rgb, warnings } = await readBandRoles(directory, channels);
  const white = await readWhite(directory, channels, layout);
  const alpha = alphaBand !== null;
  const size = { width, height, channels, depth, alpha, rgb, ...(white !== undefined && { white }) };
  // Of floats nobody knows which one is black where white is 0.
  const isInverted = photometric === PHOTOMETRIC.whiteIsZero && depth !== 32;
  const most = 2 ** bits - 1;
  const scale = byteScale(bits);
  const nodata = parseNodata(await readNodataText(directory), sampleType, bits);
  const reader = await openReader(directory, layout, nodata.value ?? 0);
  return {
    size,
    nodata:
      nodata.value === null ? nodata : { ...nodata, value: scale * (isInverted ? most - nodata.value : nodata.value) },
    warnings,
    decoderBytes: decoderBytes(layout, factsOf(reader.blocks)),
    alphaBand: alphaBand === channels - 1 ? null : alphaBand,
    reader: { ...reader, alphaBand, inverted: isInverted ? channels - (alpha ? 1 : 0) : 0, scale },
    allocate: (rows) => allocateSamples(rows * width * channels, depth),
  };
}

/** The samples of a mask: bits or bytes, one a pixel. */
export async function openMask(directory: Directory): Promise<OpenSamples> {
  const layout = await readLayout(directory);
  const { width, height, bands, sampleType } = layout;
  if (bands !== 1 || (layout.bits !== 1 && sampleType !== 'uint8'))
    throw unsupported(`its mask has ${bands} bands of ${layout.bits} bits`, 'write a mask of one band of 1 or 8 bits');
  const reader = await openReader(directory, layout, 0);
  return {
    size: { width, height, channels: 1, depth: 8 },
    nodata: { value: null, problem: null },
    warnings: [],
    decoderBytes: decoderBytes(layout, factsOf(reader.blocks)),
    alphaBand: null,
    reader,
    allocate: (rows) => new Uint8Array(rows * width),
  };
}

function factsOf({ offsets, sizes }: Blocks): BlockFacts {
  return { count: offsets.length, most: sizes.reduce((most, size) => Math.max(most, size), 0) };
}

/** What reads samples. Throws ImageProblem where it cannot, before anything is read. */
async function openReader(directory: Directory, layout: Layout, hole: number): Promise<RowReader> {
  const { isLittle } = directory.file;
  unpackerOf(layout);
  undoOf(layout, isLittle);
  return {
    layout,
    blocks: await readBlocks(directory, layout),
    isLittle,
    hole,
    alphaBand: null,
    inverted: 0,
    scale: 1,
  };
}
