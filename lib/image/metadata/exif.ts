const PREFIX = Buffer.from('Exif\0\0', 'latin1');
const ORIENTATION_TAG = 0x0112;
const SHORT = 3;

/**
 * The EXIF block as a bare TIFF structure (without the `Exif\0\0` of JPEG) whose orientation says "upright": the
 * pixels have been turned. A copy; blocks that cannot be parsed are passed through.
 */
export function normaliseExif(block: Uint8Array): Buffer {
  const tiff = Buffer.from(withoutPrefix(block));
  const offset = findOrientation(tiff);
  if (offset !== null) {
    if (tiff.toString('latin1', 0, 2) === 'II') tiff.writeUInt16LE(1, offset);
    else tiff.writeUInt16BE(1, offset);
  }
  return tiff;
}

/** The orientation that an EXIF block states, or null. */
export function readOrientation(block: Uint8Array): number | null {
  const tiff = withoutPrefix(block);
  const offset = findOrientation(tiff);
  if (offset === null) return null;
  return tiff.toString('latin1', 0, 2) === 'II' ? tiff.readUInt16LE(offset) : tiff.readUInt16BE(offset);
}

function withoutPrefix(block: Uint8Array): Buffer {
  const source = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  return source.subarray(0, PREFIX.length).equals(PREFIX) ? source.subarray(PREFIX.length) : source;
}

/** Byte offset of the orientation's value in the first directory, or null. */
function findOrientation(tiff: Buffer): number | null {
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.length < 10 || (order !== 'II' && order !== 'MM')) return null;
  const u16 = (offset: number): number => (order === 'II' ? tiff.readUInt16LE(offset) : tiff.readUInt16BE(offset));
  const directory = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return null;
  const count = Math.min(u16(directory), Math.floor((tiff.length - directory - 2) / 12));
  for (let index = 0; index < count; index += 1) {
    const entry = directory + 2 + 12 * index;
    if (u16(entry) === ORIENTATION_TAG && u16(entry + 2) === SHORT) return entry + 8;
  }
  return null;
}
