import { EndsEarly } from './bytes.js';
import type { ContainerFacts, FileParts } from './bytes.js';

const SOS = 0xda;
const EOI = Buffer.of(0xff, 0xd9);
/** Some cameras fill up their last block behind the end. */
const MOST_PADDING = 4096;
const MOST_SEGMENTS = 2000;

/** Whether a marker begins a frame: SOF0 to SOF15 without DHT, JPG and DAC. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Follows the segments up to the samples, and looks for the end of the image at the end of the file. */
export async function checkJpeg(parts: FileParts): Promise<ContainerFacts> {
  const { position, ...facts } = await readSegments(parts);
  const tail = await parts.tail(MOST_PADDING, position);
  if (tail.lastIndexOf(EOI) < 0) throw new EndsEarly(parts.sizeBytes + EOI.length, parts.sizeBytes);
  return facts;
}

async function readSegments(parts: FileParts): Promise<ContainerFacts & { readonly position: number }> {
  let size: { readonly width: number | null; readonly height: number | null } = { width: null, height: null };
  for (let position = 2, i = 0; i < MOST_SEGMENTS; i += 1) {
    const head = await parts.at(position, 4);
    if (head[0] !== 0xff) throw new Error(`there is no segment at byte ${position} of the JPEG`);
    const marker = head[1]!;
    // Fill bytes may stand before a marker.
    if (marker === 0xff) position += 1;
    else {
      if (isFrame(marker)) size = sizeOf(await parts.at(position + 4, 5));
      position += 2 + head.readUInt16BE(2);
      if (marker === SOS) return { mime: 'image/jpeg', ...size, position };
    }
  }
  throw new Error(`the JPEG has more than ${MOST_SEGMENTS} segments`);
}

const sizeOf = (frame: Buffer) => ({ width: frame.readUInt16BE(3), height: frame.readUInt16BE(1) });
