import { EndsEarly } from './bytes.js';
import type { ContainerFacts, FileParts } from './bytes.js';

/** The last chunk with its checksum. */
const IEND = Buffer.of(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82);
const MOST_PADDING = 4096;
/** Signature, and the header's chunk. */
const HEADER_BYTES = 33;

/** Reads the header, and looks for the last chunk at the end of the file. */
export async function checkPng(parts: FileParts): Promise<ContainerFacts> {
  const header = await parts.at(0, HEADER_BYTES);
  if (header.toString('latin1', 12, 16) !== 'IHDR') throw new Error('the PNG does not begin with its header');
  const tail = await parts.tail(MOST_PADDING, HEADER_BYTES);
  if (tail.lastIndexOf(IEND) < 0) throw new EndsEarly(parts.sizeBytes + IEND.length, parts.sizeBytes);
  return { mime: 'image/png', width: header.readUInt32BE(16), height: header.readUInt32BE(20) };
}
