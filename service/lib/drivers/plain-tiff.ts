/** Pixels as a camera delivers them: rows without gaps, 8 bits a sample. */
export interface PlainPixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Grey, or red, green and blue. */
  readonly channels: 1 | 3;
}

const SHORT = 3;
const LONG = 4;
const ENTRY_BYTES = 12;

/** What stands before the samples of a TIFF of one strip without compression: its bytes, and then the samples. */
export function tiffHeader({ data, width, height, channels }: PlainPixels): Buffer {
  const bitsAt = 8 + 2 + 9 * ENTRY_BYTES + 4;
  const samplesAt = bitsAt + 6;
  const entries = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, channels, channels === 1 ? 8 : bitsAt],
    [259, SHORT, 1, 1],
    // 1: 0 is black. 2: red, green and blue.
    [262, SHORT, 1, channels === 1 ? 1 : 2],
    [273, LONG, 1, samplesAt],
    [277, SHORT, 1, channels],
    [278, LONG, 1, height],
    [279, LONG, 1, data.length],
  ] as const;
  const header = Buffer.alloc(samplesAt);
  header.write('II*\0', 'latin1');
  header.writeUInt32LE(8, 4);
  header.writeUInt16LE(entries.length, 8);
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + i * ENTRY_BYTES;
    header.writeUInt16LE(tag, at);
    header.writeUInt16LE(type, at + 2);
    header.writeUInt32LE(count, at + 4);
    header.writeUInt32LE(value, at + 8);
  }
  for (let i = 0; i < 3; i += 1) header.writeUInt16LE(8, bitsAt + 2 * i);
  return header;
}
