import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PerifocalError } from '../lib/runtime/errors.js';
import { memorySource } from '../lib/files/byte-source.js';
import type { Layout } from '../lib/image/tiff/layout.js';
import { openTiff } from '../lib/image/tiff/read-tiff.js';
import { unpackerOf } from '../lib/image/tiff/unpack.js';
import { createRandom } from '../lib/math/random.js';
import { packBits, packLzw, packZstd, tiffFile } from './support/tiff-file.js';
import type { TiffForm, TiffPage } from './support/tiff-file.js';

const { signal } = new AbortController();
const [WIDTH, HEIGHT] = [20, 17];
/** For a long night: PERIFOCAL_TIFF_MUTATIONS=1000000. */
const MUTATIONS = Number(process.env.PERIFOCAL_TIFF_MUTATIONS ?? 2000);
/** A plan of more would be refused: so large a picture is not read here. */
const MOST_BYTES = 64e6;

function page(bands: number, form: Partial<TiffPage> = {}): TiffPage {
  const samples = Uint16Array.from({ length: WIDTH * HEIGHT * bands }, (_, at) => (at * 37) % 251);
  return { width: WIDTH, height: HEIGHT, bands, type: 'uint16', samples, ...form };
}

const FILES: readonly (readonly [TiffPage[], TiffForm])[] = [
  [[page(3, { compression: 'lzw', predictor: 2 })], {}],
  [[page(4, { compression: 'deflate', isPlanar: true, tile: [16, 16] })], { isBig: true }],
  [[page(1, { compression: 'packBits' })], { isLittle: false }],
  [[page(2, { compression: 'zstd', type: 'float32', predictor: 3 })], { isLittle: false, isBig: true }],
  [[page(5, { tags: { 42113: '12', 281: [4095], 700: '<x/>' } })], {}],
  [[page(1), page(1, { packedBits: 1, tags: { 254: [4] } }), page(1, { tags: { 254: [1] } })], {}],
];

/** Some bytes of a file changed: to anything, to extremes, or by one. */
function mutate(file: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(file);
  const count = 1 + Math.floor(random() * 4);
  for (let change = 0; change < count; change += 1) {
    const at = Math.floor(random() * copy.length);
    const values = [Math.floor(random() * 256), 0, 255, 128, (copy[at]! + 1) & 255, copy[at]! ^ 1];
    copy[at] = values[Math.floor(random() * values.length)]!;
  }
  return random() < 0.1 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy;
}

/** Reads a picture whole, with its mask, as far as a plan allows. */
async function readAll(file: Buffer): Promise<void> {
  const { samples, mask } = await openTiff(memorySource(file), 'x.tif', { signal });
  for (const part of [samples, mask]) {
    if (!part) continue;
    const { width, height, channels, depth } = part.size;
    if (width * height * channels * (depth / 8) + part.decoderBytes > MOST_BYTES) continue;
    expect((await part.readRows(0, height, signal)).length).toBe(width * height * channels);
  }
}

describe('a TIFF of which bytes were changed', () => {
  it(`is read or refused, ${MUTATIONS} times`, { timeout: 120_000 + 20 * MUTATIONS }, async () => {
    const random = createRandom(42);
    const files = FILES.map(([pages, form]) => tiffFile(pages, form));
    let refused = 0;
    for (let index = 0; index < MUTATIONS; index += 1) {
      const file = mutate(files[index % files.length]!, random);
      await readAll(file).catch((error: unknown) => {
        if (!(error instanceof PerifocalError)) throw error;
        refused += 1;
      });
    }
    expect(refused).toBeGreaterThan(MUTATIONS / 20);
  });

  it.each(FILES)('is called damaged where it was cut', async (pages, form) => {
    const file = tiffFile(pages as TiffPage[], form as TiffForm);
    for (const part of [0.001, 0.3, 0.9, 0.999])
      await expect(readAll(file.subarray(0, Math.floor(part * file.length)))).rejects.toMatchObject({
        code: 'IMAGE_INVALID',
      });
  });
});

/** A picture of one strip, whose data are replaced. */
function withData(compression: 'lzw' | 'deflate' | 'packBits' | 'zstd', data: Uint8Array): Buffer {
  const file = tiffFile([page(1, { compression, rowsPerStrip: HEIGHT })]);
  const directory = Buffer.from(file.subarray(file.readUInt32LE(4)));
  const head = Buffer.from(file.subarray(0, 8));
  const padding = Buffer.alloc(data.length % 2);
  const at = 8 + data.length + padding.length;
  head.writeUInt32LE(at, 4);
  for (let entry = 2; entry < directory.length - 4; entry += 12) {
    if (directory.readUInt16LE(entry) === 273) directory.writeUInt32LE(8, entry + 8);
    if (directory.readUInt16LE(entry) === 279) directory.writeUInt32LE(data.length, entry + 8);
  }
  return Buffer.concat([head, data, padding, directory]);
}

describe('a strip of a TIFF', () => {
  const packers = { lzw: packLzw, deflate: deflateSync, packBits, zstd: packZstd };
  const needed = WIDTH * HEIGHT * 2;

  it.each(Object.entries(packers))('of %s that unpacks to much more than it has is refused', async (name, packer) => {
    const file = withData(name as keyof typeof packers, packer(Buffer.alloc(2 ** 20)));
    await expect(readAll(file)).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
  });

  it.each(Object.entries(packers))('of %s that unpacks to less is refused', async (name, packer) => {
    const file = withData(name as keyof typeof packers, packer(Buffer.alloc(needed - 1)));
    await expect(readAll(file)).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringContaining(`unpacks to ${needed - 1} of ${needed} bytes`) as string,
    });
    await readAll(withData(name as keyof typeof packers, packer(Buffer.alloc(needed))));
  });
});

describe('a TIFF', () => {
  it('whose directories follow one another in a ring is refused', async () => {
    const file = tiffFile([page(1)]);
    file.writeUInt32LE(file.readUInt32LE(4), file.length - 4);
    await expect(readAll(file)).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
  });

  it('with a compression or a predictor that is not read is called unsupported, not damaged', async () => {
    for (const [tag, value] of [
      [259, 34_712],
      [317, 9],
      [262, 8],
      [277, 17],
    ] as const) {
      const file = tiffFile([page(1, { compression: 'deflate', predictor: 2 })]);
      const directory = file.readUInt32LE(4);
      for (let entry = directory + 2; entry < file.length - 4; entry += 12)
        if (file.readUInt16LE(entry) === tag) file.writeUInt16LE(value, entry + 8);
      await expect(readAll(file)).rejects.toMatchObject({ code: 'IMAGE_UNSUPPORTED' });
    }
  });
});

describe('blocks in Zstandard', () => {
  it('that would hold up the event loop are refused by name', () => {
    const layout = { blockWidth: 8192, blockBands: 1, bits: 8, compression: 50_000, isTiled: true } as Layout;
    expect(() => unpackerOf({ ...layout, blockHeight: 4096 })).not.toThrow();
    expect(() => unpackerOf({ ...layout, blockHeight: 4097 })).toThrow(
      'its tiles in Zstandard have 33562624 bytes each; write tiles of at most 33554432 bytes, or use Deflate',
    );
  });
});
