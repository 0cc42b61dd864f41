import type { FrameSize } from '../frame.js';
import { readOrientation } from '../metadata/exif.js';
import type { ImageMetadata, Resolution } from '../metadata/image-metadata.js';
import { Compactor, damaged, toOrientation, unsupported } from './inspection.js';
import type { Inspection } from './inspection.js';

/** Second bytes of markers (ITU-T T.81, table B.1). */
const SOI = 0xd8;
const EOI = 0xd9;
/** SOF55 (ISO 14495). */
const JPEG_LS = 0xf7;
/** Of a whole picture. */
const BEGINNING = Buffer.from([0xff, 0xd8, 0xff]);
const SOS = 0xda;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP13 = 0xed;
const APP14 = 0xee;
const APP15 = 0xef;
const COM = 0xfe;
/** Stuffed zeros, TEM and restarts, where no entropy-coded data is. */
const hasNoSegment = (marker: number): boolean => marker <= 1 || isRestart(marker);
const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7;
/** SOF0 to SOF15, among which are DHT, JPG and DAC. */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
/** Baseline, extended sequential and progressive with Huffman codes. */
const READABLE_PROCESSES = [0xc0, 0xc1, 0xc2];
const PROGRESSIVE = 0xc2;

const EXIF_PREFIX = 'Exif\0\0';
const XMP_PREFIX = 'http://ns.adobe.com/xap/1.0/\0';
const ICC_PREFIX = 'ICC_PROFILE\0';
const PHOTOSHOP_PREFIX = 'Photoshop 3.0\0';
const ADOBE_PREFIX = 'Adobe';
const JFIF_PREFIX = 'JFIF\0';

/** A marker segment: from `start`, its marker, to `end`. */
interface Segment {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
  readonly payload: Buffer;
}

/** What the frame header says (T.81, B.2.2). */
interface FrameHeader {
  readonly isProgressive: boolean;
  /** Samples horizontally and vertically in a unit, by component. */
  readonly sampling: readonly (readonly [number, number])[];
}

/** What is collected on the way through a file. */
interface Found {
  metadata: ImageMetadata;
  readonly iccParts: Map<number, Buffer>;
  readonly photoshopParts: Buffer[];
  readonly jpegComments: Buffer[];
  frame: FrameHeader | null;
  isInterleaved: boolean;
}

/** Follows the markers to the end of the image, and tells the picture from the rest. Throws ImageProblem. */
export function inspectJpeg(file: Buffer): Inspection {
  const picture = new Compactor(file);
  picture.keep(0, 2);
  const found = nothingFound();
  let position = 2;
  let hasMore = false;
  for (;;) {
    const segment = nextSegment(file, position);
    if (segment.marker === EOI) {
      // Kept parts move towards the beginning: what comes behind them is still as it was.
      hasMore = file.includes(BEGINNING, segment.end);
      picture.keep(segment.start, segment.end);
      break;
    }
    if (segment.marker === JPEG_LS) throw unsupported('its process is JPEG-LS', 'write it as a baseline JPEG');
    position = segment.marker === SOS ? endOfScan(file, segment.end) : segment.end;
    if (isPicture(segment)) {
      canonicalise(segment, found);
      picture.keep(segment.start, position);
    } else {
      collect(found, segment);
    }
  }
  if (!found.frame) throw damaged('it holds no picture');
  const { frame, isInterleaved } = found;
  const metadata = joinMetadata(found);
  return {
    picture: picture.kept,
    metadata,
    warnings: hasMore ? ['has more pictures behind its first (MPF), which are not read and not kept'] : [],
    orientation: toOrientation(metadata.exif ? readOrientation(metadata.exif) : null),
    decoderBytes: (stored) => (frame.isProgressive || !isInterleaved ? coefficientBytes(frame, stored) : 0),
  };
}

function nothingFound(): Found {
  const lists = { iccParts: new Map<number, Buffer>(), photoshopParts: [], jpegComments: [] };
  return { metadata: {}, ...lists, frame: null, isInterleaved: true };
}

/** The next segment behind a position. Bytes that belong to none are skipped, as decoders do. */
function nextSegment(file: Buffer, position: number): Segment {
  let start = position;
  do {
    start = file.indexOf(0xff, start);
    while (start >= 0 && file[start + 1] === 0xff) start += 1;
    if (start < 0 || start + 2 > file.length) throw damaged('it ends before the end of its image');
    start += 2;
  } while (hasNoSegment(file[start - 1]!));
  const marker = file[start - 1]!;
  if (marker === EOI) return { marker, start: start - 2, end: start, payload: file.subarray(start, start) };
  if (marker === SOI) throw damaged('a second image begins within it');
  const length = start + 2 <= file.length ? file.readUInt16BE(start) : 0;
  const end = start + length;
  if (length < 2) throw damaged(`a segment at byte ${start - 2} has no length`);
  if (end > file.length) throw damaged(`it ends within a segment at byte ${start - 2}`);
  return { marker, start: start - 2, end, payload: file.subarray(start + 2, end) };
}

/** Where the entropy-coded data that begins at a position ends: at a marker which is no restart. */
function endOfScan(file: Buffer, position: number): number {
  for (let at = file.indexOf(0xff, position); at >= 0 && at + 1 < file.length; at = file.indexOf(0xff, at)) {
    const next = file[at + 1]!;
    if (next === 0 || isRestart(next)) at += 2;
    else if (next === 0xff) at += 1;
    else return at;
  }
  throw damaged('its data ends before the end of its image');
}

/** Whether the decoder needs a segment: all but applications' and comments, of which two tell the colour space. */
function isPicture({ marker, payload }: Segment): boolean {
  if (marker === APP0) return startsWith(payload, JFIF_PREFIX);
  if (marker === APP14) return startsWith(payload, ADOBE_PREFIX);
  return marker !== COM && !(marker >= APP0 && marker <= APP15);
}

const startsWith = (payload: Buffer, text: string): boolean => payload.toString('latin1', 0, text.length) === text;

/** Notes what a segment of the picture says, and puts right what decoders warn of and ignore. */
function canonicalise({ marker, payload }: Segment, found: Found): void {
  if (isFrameHeader(marker)) found.frame = readFrameHeader(marker, payload);
  if (marker === SOS) canonicaliseScan(payload, found);
  if (marker !== APP0) return;
  found.metadata = { ...found.metadata, ...readDensity(payload) };
  // Another major version than 1 is unknown, and says nothing else of colours.
  if (payload.length > 5) payload[5] = 1;
}

/** Throws ImageProblem for what is not read. */
function readFrameHeader(marker: number, payload: Buffer): FrameHeader {
  const [bits, components] = [payload[0], payload[5]!];
  if (!READABLE_PROCESSES.includes(marker))
    throw unsupported(`its process is SOF${marker - 0xc0}`, 'write it as a baseline JPEG');
  if (payload.length < 6 + 3 * components) throw damaged('its frame header is too short');
  if (bits !== 8) throw unsupported(`its samples have ${bits} bits`, 'write it as PNG or TIFF of 16 bits');
  if (payload.readUInt16BE(1) === 0) throw unsupported('its height follows its data', 'write it again');
  const sampling = Array.from({ length: components }, (_, index) => {
    const factors = payload[7 + 3 * index]!;
    return [factors >> 4, factors & 15] as const;
  });
  return { isProgressive: marker === PROGRESSIVE, sampling };
}

/** A sequential scan holds all coefficients; some writers fill in nothing, which decoders warn of and ignore. */
function canonicaliseScan(payload: Buffer, found: Found): void {
  const components = payload[0]!;
  if (!found.frame || payload.length < 4 + 2 * components) throw damaged('a scan has no proper header');
  found.isInterleaved &&= components === found.frame.sampling.length;
  if (!found.frame.isProgressive) payload.set([0, 63, 0], 1 + 2 * components);
}

/** Files of several scans are decoded by way of all coefficients, of 16 bits, in whole units. */
function coefficientBytes({ sampling }: FrameHeader, { width, height }: FrameSize): number {
  const [mostX, mostY] = [Math.max(...sampling.map(([x]) => x)), Math.max(...sampling.map(([, y]) => y))];
  const units = Math.ceil(width / (8 * mostX)) * Math.ceil(height / (8 * mostY));
  return sampling.reduce((sum, [x, y]) => sum + units * x * y * 64 * 2, 0);
}

/** Puts what a segment says into the metadata, as a copy. */
function collect(found: Found, { marker, payload }: Segment): void {
  const { metadata } = found;
  const rest = (prefix: string): Buffer => Buffer.from(payload.subarray(prefix.length));
  if (marker === APP1 && startsWith(payload, EXIF_PREFIX)) {
    found.metadata = { exif: rest(EXIF_PREFIX), ...metadata };
  } else if (marker === APP1 && startsWith(payload, XMP_PREFIX)) {
    found.metadata = { xmp: rest(XMP_PREFIX), ...metadata };
  } else if (marker === APP2 && startsWith(payload, ICC_PREFIX)) {
    // Number of the part, from 1, and how many there are.
    const number = payload[ICC_PREFIX.length];
    if (number !== undefined) found.iccParts.set(number, Buffer.from(payload.subarray(ICC_PREFIX.length + 2)));
  } else if (marker === APP13 && startsWith(payload, PHOTOSHOP_PREFIX)) {
    found.photoshopParts.push(rest(PHOTOSHOP_PREFIX));
  } else if (marker === COM) {
    found.jpegComments.push(Buffer.from(payload));
  }
}

function joinMetadata({ metadata, iccParts, photoshopParts, jpegComments }: Found): ImageMetadata {
  return {
    ...metadata,
    ...joinProfile(iccParts),
    ...(photoshopParts.length > 0 && { photoshop: Buffer.concat(photoshopParts) }),
    ...(jpegComments.length > 0 && { jpegComments }),
  };
}

/** The profile of which all parts are there. */
function joinProfile(parts: ReadonlyMap<number, Buffer>): ImageMetadata {
  const inOrder = Array.from({ length: parts.size }, (_, index) => parts.get(index + 1));
  const complete = inOrder.filter((part) => part !== undefined);
  return parts.size > 0 && complete.length === parts.size ? { icc: Buffer.concat(complete) } : {};
}

const DENSITY_UNITS: Readonly<Record<number, Resolution['unit']>> = { 0: 'none', 1: 'inch', 2: 'centimetre' };

/** After the prefix: version (2 bytes), unit (0: none, 1: inch, 2: centimetre), density along both axes. */
function readDensity(payload: Buffer): { resolution?: Resolution } {
  if (payload.length < 12) return {};
  const unit = DENSITY_UNITS[payload[7]!];
  const [x, y] = [payload.readUInt16BE(8), payload.readUInt16BE(10)];
  // Square pixels of no size: what every encoder writes where nothing is known.
  if (!unit || (unit === 'none' && x === y)) return {};
  return { resolution: { x, y, unit } };
}
