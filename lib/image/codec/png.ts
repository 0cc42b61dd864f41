import { crc32 } from 'node:zlib';
import { frameBytes } from '../frame.js';
import { readOrientation } from '../metadata/exif.js';
import type { ImageMetadata, Resolution } from '../metadata/image-metadata.js';
import { inflateMetadata } from './inflate.js';
import { Compactor, damaged, toOrientation, unsupported } from './inspection.js';
import type { Inspection } from './inspection.js';

const SIGNATURE_BYTES = 8;
/** Length, type and CRC. */
const CHUNK_OVERHEAD = 12;
/** What makes the picture; all else is metadata. */
const PICTURE_CHUNKS = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
/** Kept as they are, for a PNG that is written. */
const DESCRIPTIVE_CHUNKS = new Set(['gAMA', 'cHRM', 'sRGB', 'cICP', 'mDCV', 'cLLI', 'tEXt', 'zTXt', 'iTXt', 'tIME']);
const XMP_KEYWORD = 'XML:com.adobe.xmp\0';

/** A chunk, from `start` to `end` in the file. */
interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly data: Buffer;
}

/** Checks every chunk and its CRC, and tells the picture from the rest. Throws ImageProblem. */
export function inspectPng(file: Buffer): Inspection {
  const picture = new Compactor(file);
  picture.keep(0, SIGNATURE_BYTES);
  let metadata: ImageMetadata = {};
  const pngChunks: Buffer[] = [];
  let isInterlaced = false;
  for (const chunk of chunksOf(file)) {
    if (chunk.type === 'IHDR') isInterlaced = chunk.data[12] !== 0;
    if (PICTURE_CHUNKS.has(chunk.type)) picture.keep(chunk.start, chunk.end);
    else if (DESCRIPTIVE_CHUNKS.has(chunk.type) && !isXmp(chunk)) pngChunks.push(copyOf(chunk));
    else metadata = withChunk(metadata, chunk);
  }
  return {
    picture: picture.kept,
    metadata: { ...metadata, ...(pngChunks.length > 0 && { pngChunks }) },
    orientation: toOrientation(metadata.exif ? readOrientation(metadata.exif) : null),
    // An interlaced picture is decoded whole before its first row is known.
    decoderBytes: (stored) => (isInterlaced ? frameBytes(stored) : 0),
  };
}

/** All chunks up to IEND; what follows is no part of the picture. */
function* chunksOf(file: Buffer): Generator<Chunk> {
  for (let start = SIGNATURE_BYTES; ; ) {
    if (start + CHUNK_OVERHEAD > file.length) throw damaged('it ends before its last chunk');
    const type = file.toString('latin1', start + 4, start + 8);
    const end = start + CHUNK_OVERHEAD + file.readUInt32BE(start);
    if (!/^[a-zA-Z]{4}$/.test(type)) throw damaged(`the chunk at byte ${start} has no name`);
    if (end > file.length) throw damaged(`it ends within its chunk ${type} at byte ${start}`);
    if (start === SIGNATURE_BYTES && type !== 'IHDR') throw damaged('it does not begin with a header');
    if (crc32(file.subarray(start + 4, end - 4)) !== file.readUInt32BE(end - 4))
      throw damaged(`the checksum of its chunk ${type} at byte ${start} is wrong`);
    yield { type, start, end, data: file.subarray(start + 8, end - 4) };
    if (type === 'IEND') return;
    start = end;
  }
}

/** The metadata with what a chunk says, as a copy. */
function withChunk(metadata: ImageMetadata, { type, data }: Chunk): ImageMetadata {
  if (type === 'acTL') throw unsupported('it is an animation', 'write one of its frames to a PNG');
  // A capital first letter: who does not know this chunk may not decode the picture.
  if (type < 'a') throw unsupported(`it has a chunk ${type}, which is in no standard`, 'write it as a plain PNG');
  if (type === 'eXIf') return { exif: Buffer.from(data), ...metadata };
  if (type === 'pHYs') return withResolution(metadata, data);
  if (type === 'iCCP') return withProfile(metadata, data);
  return type === 'iTXt' ? withXmp(metadata, data.subarray(XMP_KEYWORD.length)) : metadata;
}

function isXmp({ type, data }: Chunk): boolean {
  return type === 'iTXt' && data.toString('latin1', 0, XMP_KEYWORD.length) === XMP_KEYWORD;
}

/** Type and data. */
function copyOf({ type, data }: Chunk): Buffer {
  return Buffer.concat([Buffer.from(type, 'latin1'), data]);
}

/** Pixels per unit along both axes, and the unit: 0: none, 1: the metre. */
function withResolution(metadata: ImageMetadata, data: Buffer): ImageMetadata {
  if (data.length !== 9 || data[8]! > 1) return metadata;
  const unit = data[8] === 1 ? 'metre' : 'none';
  const resolution: Resolution = { x: data.readUInt32BE(0), y: data.readUInt32BE(4), unit };
  return { ...metadata, resolution };
}

/** A name, its end, the method (0), and the packed profile. What is none is left out, as decoders do. */
function withProfile(metadata: ImageMetadata, data: Buffer): ImageMetadata {
  const nameEnd = data.indexOf(0);
  const icc = nameEnd >= 0 ? inflateMetadata(data.subarray(nameEnd + 2), 'colour profile') : null;
  return icc ? { icc, ...metadata } : metadata;
}

/**
 * After the keyword: whether it is packed, the method (0), a language and a translated keyword with their ends, text.
 */
function withXmp(metadata: ImageMetadata, data: Buffer): ImageMetadata {
  const languageEnd = data.indexOf(0, 2);
  const keywordEnd = languageEnd < 0 ? -1 : data.indexOf(0, languageEnd + 1);
  if (keywordEnd < 0) return metadata;
  const text = data.subarray(keywordEnd + 1);
  const xmp = data[0] === 1 ? inflateMetadata(text, 'XMP packet') : Buffer.from(text);
  return xmp ? { xmp, ...metadata } : metadata;
}
