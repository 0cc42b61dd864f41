import type { FrameSize } from '../frame.js';
import { readOrientation } from '../metadata/exif.js';
import type { ImageMetadata } from '../metadata/image-metadata.js';
import { Compactor, damaged, toOrientation, unsupported } from './inspection.js';
import type { Inspection } from './inspection.js';

const RIFF_HEADER_BYTES = 12;
/** ICC profile, EXIF and XMP, in the first byte of VP8X. */
const METADATA_FLAGS = 0x20 | 0x08 | 0x04;
const PICTURE_CHUNKS = new Set(['VP8X', 'ALPH', 'VP8 ', 'VP8L']);

/** A chunk, from `start` to `end` in the file, with the byte that fills it up to an even length. */
interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly data: Buffer;
}

/** Checks that all chunks are whole, and tells the picture from the rest. Throws ImageProblem. */
export function inspectWebp(file: Buffer): Inspection {
  const picture = new Compactor(file);
  picture.keep(0, RIFF_HEADER_BYTES);
  let metadata: ImageMetadata = {};
  let hasPicture = false;
  for (const chunk of chunksOf(file)) {
    if (chunk.type === 'ANIM') throw unsupported('it is an animation', 'write one of its frames to a file');
    if (chunk.type === 'VP8X' && chunk.data.length > 0) chunk.data[0]! &= ~METADATA_FLAGS;
    hasPicture ||= chunk.type.startsWith('VP8') && chunk.type !== 'VP8X';
    if (PICTURE_CHUNKS.has(chunk.type)) picture.keep(chunk.start, chunk.end);
    else metadata = withChunk(metadata, chunk);
  }
  if (!hasPicture) throw damaged('it holds no picture');
  picture.kept.writeUInt32LE(picture.kept.length - 8, 4);
  return {
    picture: picture.kept,
    metadata,
    orientation: toOrientation(metadata.exif ? readOrientation(metadata.exif) : null),
    decoderBytes: wholePicture,
  };
}

/**
 * The library decodes to pictures of 4 bytes a pixel, two of them at a time. The C library keeps smaller ones when they
 * are freed, and takes others for the next (`node scripts/measure-codecs.mjs decode`).
 */
function wholePicture({ width, height }: FrameSize): number {
  const pixels = width * height;
  return 8 * pixels + Math.min(9.5 * pixels, 34e6);
}

/** All chunks of the RIFF container; what follows it is no part of the picture. */
function* chunksOf(file: Buffer): Generator<Chunk> {
  const fileEnd = 8 + file.readUInt32LE(4);
  if (fileEnd > file.length) throw damaged(`it has ${file.length} of ${fileEnd} bytes`);
  for (let start = RIFF_HEADER_BYTES; start + 8 <= fileEnd; ) {
    const type = file.toString('latin1', start, start + 4);
    const length = file.readUInt32LE(start + 4);
    const end = start + 8 + length + (length % 2);
    if (end > fileEnd) throw damaged(`it ends within its chunk '${type}' at byte ${start}`);
    yield { type, start, end, data: file.subarray(start + 8, start + 8 + length) };
    start = end;
  }
}

/** The metadata with what a chunk says, as a copy. */
function withChunk(metadata: ImageMetadata, { type, data }: Chunk): ImageMetadata {
  if (type === 'ICCP') return { icc: Buffer.from(data), ...metadata };
  if (type === 'EXIF') return { exif: Buffer.from(data), ...metadata };
  if (type === 'XMP ') return { xmp: Buffer.from(data), ...metadata };
  return metadata;
}
