import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { openImage } from '../../lib/image/open-image.js';
import { createRandom } from '../../lib/math/random.js';
import type { Frame } from '../../lib/index.js';
import { createFrame, digest } from '../support/frames.js';
import {
  findSegment,
  imageOf,
  insert,
  jpegSegment,
  pngChunk,
  trimTiff,
  withDirectory,
} from '../support/picture-files.js';

const { signal } = new AbortController();
const rgb = createFrame({ width: 300, height: 260 });
const rgba = createFrame({ width: 300, height: 260, channels: 4 });
const deep = createFrame({ width: 300, height: 260, depth: 16 });

async function decode(file: Uint8Array): Promise<Frame> {
  return (await (await openImage(file, { signal })).read(signal)).frame as Frame;
}

/** For what is to be refused: a frame in a message is long. */
async function sizeOf(file: Uint8Array): Promise<string> {
  const { width, height, channels, depth } = await decode(file);
  return `${width}x${height}x${channels}, ${depth} bits`;
}

const tiff = (frame: Frame, options: object = {}): Promise<Buffer> =>
  imageOf(frame)
    .tiff({ compression: 'deflate', ...options })
    .toBuffer();
const TILES = { tile: true, tileWidth: 128, tileHeight: 128 };

/** Files of every kind that is read. */
const KINDS: Readonly<Record<string, () => Promise<Buffer>>> = {
  jpeg: () => imageOf(rgb).jpeg().toBuffer(),
  'jpeg, progressive': () => imageOf(rgb).jpeg({ progressive: true }).toBuffer(),
  png: () => imageOf(rgb).png().toBuffer(),
  'png, 16 bits': () => imageOf(deep).png().toBuffer(),
  'png, interlaced': () => imageOf(rgb).png({ progressive: true }).toBuffer(),
  'png, palette': () => imageOf(rgb).png({ palette: true }).toBuffer(),
  'webp, lossy': () => imageOf(rgb).webp().toBuffer(),
  'webp, lossless': () => imageOf(rgb).webp({ lossless: true }).toBuffer(),
  'webp, alpha': () => imageOf(rgba).webp().toBuffer(),
  'tiff, no compression': () => tiff(rgb, { compression: 'none' }),
  'tiff, deflate, 16 bits': () => tiff(deep),
  'tiff, lzw': () => tiff(rgb, { compression: 'lzw' }),
  'tiff, packbits': () => tiff(rgb, { compression: 'packbits' }),
  'tiff, jpeg': () => tiff(rgb, { compression: 'jpeg' }),
  'tiff, tiled': () => tiff(rgb, TILES),
  'tiff, tiled, no compression': () => tiff(rgb, { ...TILES, compression: 'none' }),
  'tiff, pyramid': async () => trimTiff(await tiff(rgb, { ...TILES, pyramid: true })),
  'tiff, directory first': async () => trimTiff(withDirectory(await tiff(rgb), { isFirst: true })),
  'tiff, tiled, directory first (COG)': async () => trimTiff(withDirectory(await tiff(rgb, TILES), { isFirst: true })),
  'tiff, tiled, jpeg, directory first': async () =>
    trimTiff(withDirectory(await tiff(rgb, { ...TILES, compression: 'jpeg' }), { isFirst: true })),
};

describe.each(Object.entries(KINDS))('a file of kind %s', (_, make) => {
  it('is decoded when it is whole', async () => {
    const file = await make();
    const frame = await decode(file);
    const isDeep = frame.depth === 16;
    const expected = await sharp(file, { ignoreIcc: true })
      .toColourspace(isDeep ? 'rgb16' : 'srgb')
      .raw({ depth: isDeep ? 'ushort' : 'uchar' })
      .toBuffer();
    expect(digest(frame.data)).toBe(digest(expected));
  });

  it.each([0.999, 0.98, 0.9, 0.5, 0.1, 0.01])('that was cut to %d of its length is called damaged', async (part) => {
    const file = await make();
    for (const length of new Set([Math.floor(part * file.length), file.length - 1, file.length - 2]))
      await expect(sizeOf(file.subarray(0, length))).rejects.toMatchObject({
        code: 'IMAGE_INVALID',
        message: expect.stringMatching(/^image of \d+ bytes is damaged: ./),
      });
  });
});

describe('a file whose structure is whole but whose data are not', () => {
  const isFrameHeader = (marker: number): boolean => marker >= 0xc0 && marker <= 0xc2;
  const expectDamaged = (file: Uint8Array): Promise<void> =>
    expect(sizeOf(file)).rejects.toMatchObject({ code: 'IMAGE_INVALID' });

  it.each([false, true])('is damaged: a JPEG whose data end early (progressive: %s)', async (progressive) => {
    const file = await imageOf(rgb).jpeg({ progressive }).toBuffer();
    for (const part of [0.98, 0.9, 0.5])
      await expectDamaged(Buffer.concat([file.subarray(0, Math.floor(part * file.length)), Buffer.from([0xff, 0xd9])]));
  });

  it.each([false, true])('is damaged: a JPEG that claims more rows (progressive: %s)', async (progressive) => {
    const file = await imageOf(rgb).jpeg({ progressive }).toBuffer();
    for (const height of [300, 520, 4000]) {
      const taller = Buffer.from(file);
      taller.writeUInt16BE(height, findSegment(file, isFrameHeader) + 5);
      await expectDamaged(taller);
    }
  });

  it('is damaged: a PNG whose data end early, or which claims more rows, with right checksums', async () => {
    const file = await imageOf(rgb).png().toBuffer();
    const first = file.indexOf('IDAT') - 4;
    const data = file.subarray(first + 8, first + 8 + file.readUInt32BE(first));
    const rest = [pngChunk('IDAT', data.subarray(0, Math.floor(data.length / 2))), pngChunk('IEND', Buffer.alloc(0))];
    await expectDamaged(Buffer.concat([file.subarray(0, first), ...rest]));
    const header = Buffer.from(file.subarray(16, 29));
    header.writeUInt32BE(400, 4);
    await expectDamaged(Buffer.concat([file.subarray(0, 8), pngChunk('IHDR', header), file.subarray(33)]));
  });

  it('is damaged: a WebP that was cut and whose lengths were put right', async () => {
    for (const lossless of [false, true]) {
      const file = await imageOf(rgb).webp({ lossless }).toBuffer();
      const cut = Buffer.from(file.subarray(0, Math.floor(file.length / 4) * 2));
      cut.writeUInt32LE(cut.length - 8, 4);
      cut.writeUInt32LE(cut.length - 20, 16);
      await expectDamaged(cut);
    }
  });

  it.each(['deflate', 'lzw'])('is damaged: a TIFF with tiles of zeros (%s)', async (compression) => {
    const file = withDirectory(await tiff(rgb, { ...TILES, compression }), { isFirst: true });
    await expectDamaged(Buffer.from(file).fill(0, Math.floor(file.length / 2)));
  });

  it('is damaged: a PNG with a bit turned over', async () => {
    const file = await imageOf(rgb).png().toBuffer();
    file[Math.floor(file.length / 2)]! ^= 1;
    await expect(decode(file)).rejects.toThrow(/the checksum of its chunk IDAT at byte \d+ is wrong/);
  });
});

describe('a file that is odd and whole is decoded', () => {
  const expectSame = async (odd: Buffer, plain: Buffer): Promise<void> =>
    expect(digest((await decode(odd)).data)).toBe(digest((await decode(plain)).data));
  const field = (tag: number, type: number, count: number, data: Buffer): object => ({ tag, type, count, data });

  it.each(Object.entries(KINDS))('with bytes behind its end: %s', async (_, make) => {
    const file = await make();
    await expectSame(Buffer.concat([file, Buffer.alloc(1001, 0xa5)]), file);
  });

  it.each<[string, object]>([
    ['an unknown tag', field(65_000, 2, 5, Buffer.from('abcd\0'))],
    ['text without an end', field(42_112, 2, 4, Buffer.from('abcd'))],
    ['text with a zero in it', field(305, 2, 6, Buffer.from('ab\0cd\0'))],
    ['a description of the wrong type', field(270, 4, 1, Buffer.alloc(4))],
    ['no text at all', field(270, 2, 0, Buffer.alloc(0))],
    ['a type that is unknown', field(50_000, 99, 1, Buffer.alloc(4))],
    ['a tag of GeoTIFF', field(34_735, 3, 4, Buffer.from('0100010000000000', 'hex'))],
  ])('a TIFF with %s', async (_, extra) => {
    const file = await tiff(rgb);
    await expectSame(withDirectory(file, { change: (fields) => [...fields, extra as never] }), file);
  });

  it('a TIFF whose tags are in no order', async () => {
    const file = await tiff(rgb);
    const directory = file.readUInt32LE(4);
    const odd = Buffer.from(file);
    file.copy(odd, directory + 2, directory + 14, directory + 26);
    file.copy(odd, directory + 14, directory + 2, directory + 14);
    await expectSame(odd, file);
  });

  it('a TIFF with a strip of more than 50 MB, which decoders refuse by default', async () => {
    const [width, height] = [5000, 3600];
    const frame: Frame = { width, height, channels: 3, depth: 8, data: new Uint8Array(width * height * 3).fill(7) };
    const file = await tiff(frame, { tileHeight: 4096 });
    expect(digest((await decode(file)).data)).toBe(digest(frame.data));
  });

  it('a BigTIFF', async () => {
    await expectSame(await tiff(rgb, { bigtiff: true }), await tiff(rgb));
  });

  it('a JPEG with bytes between its segments, odd versions, and empty parameters of its scan', async () => {
    const file = await imageOf(rgb).jpeg().toBuffer();
    const scan = findSegment(file, (marker) => marker === 0xda);
    const frame = findSegment(file, (marker) => marker === 0xc0);
    const odd = Buffer.from(file);
    odd.fill(0, scan + 4 + 1 + 2 * 3, scan + 4 + 1 + 2 * 3 + 3);
    await expectSame(odd, file);
    await expectSame(insert(file, frame, Buffer.from([0, 0, 7])), file);
    await expectSame(insert(file, frame, Buffer.from([0xff, 0xff, 0xff])), file);
    await expectSame(insert(file, file.length - 2, Buffer.alloc(9)), file);
    const progressive = await imageOf(rgb).jpeg({ progressive: true }).toBuffer();
    await expectSame(insert(progressive, progressive.length - 2, Buffer.alloc(9)), progressive);
    const jfif = jpegSegment(0xe0, Buffer.from('JFIF\0\x09\x02\x01\0\x48\0\x48\0\0', 'latin1'));
    await expectSame(insert(file, 2, jfif), file);
    await expectSame(insert(file, 2, jpegSegment(0xe1, Buffer.from('Exif\0\0II*\0\xff\xff\xff\xff', 'latin1'))), file);
    await expectSame(insert(file, 2, jpegSegment(0xe2, Buffer.from('ICC_PROFILE\0\x01\x02', 'latin1'))), file);
  });

  it('a PNG with chunks that nobody knows, or that say nonsense', async () => {
    const file = await imageOf(rgb).png().toBuffer();
    const extra = [
      pngChunk('spAm', Buffer.alloc(100, 1)),
      pngChunk('tRNs', Buffer.alloc(3)),
      pngChunk('iCCP', Buffer.from('profile\0\0nonsense')),
      pngChunk('pHYs', Buffer.alloc(3)),
      pngChunk('eXIf', Buffer.alloc(7, 0xff)),
    ];
    await expectSame(insert(file, 33, Buffer.concat(extra)), file);
  });

  it('a WebP with chunks that nobody knows', async () => {
    const file = await imageOf(rgba).webp().toBuffer();
    const odd = Buffer.concat([file, Buffer.from('spam\x03\0\0\0abc\0', 'latin1')]);
    odd.writeUInt32LE(odd.length - 8, 4);
    await expectSame(odd, file);
  });
});

describe('a file that is valid and of a kind that is not read', () => {
  const expectUnsupported = (file: Uint8Array, message: RegExp): Promise<void> =>
    expect(sizeOf(file)).rejects.toMatchObject({
      code: 'IMAGE_UNSUPPORTED',
      message: expect.stringMatching(message),
    });
  const ftyp = (brand: string): Buffer => Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0mif1`, 'latin1');

  it.each<[string, Uint8Array, RegExp]>([
    ['BMP', Buffer.from('BM\0\0\0\0'), /format bmp .*convert it to PNG or TIFF/],
    ['PDF', Buffer.from('%PDF-1.7'), /format pdf/],
    ['HEIF', ftyp('heic'), /format heif/],
    ['AVIF', ftyp('avif'), /format avif/],
    ['JPEG XL', Buffer.from([0xff, 0x0a, 0, 0]), /format jxl/],
    ['JPEG 2000', Buffer.from('\0\0\0\x0cjP  \r\n\x87\n', 'latin1'), /format jp2/],
    ['SVG', Buffer.from('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'), /format svg/],
    ['PGM', Buffer.from('P5 20 20 255\n'), /format netpbm/],
  ])('%s', async (_, file, message) => {
    await expectUnsupported(file, message);
  });

  it('GIF, CMYK, animations', async () => {
    await expectUnsupported(await imageOf(rgb).gif().toBuffer(), /format gif is none of jpeg, png, tiff, webp/);
    await expectUnsupported(await imageOf(rgb).toColourspace('cmyk').jpeg().toBuffer(), /colour space cmyk/);
    const frames = await Promise.all(
      [1, 2].map((seed) =>
        imageOf(createFrame({ ...rgb, seed }))
          .png()
          .toBuffer(),
      ),
    );
    const animation = await sharp(frames, { join: { animated: true } })
      .webp()
      .toBuffer();
    await expectUnsupported(animation, /it is an animation/);
  });

  it.each<[string, number, number[], RegExp]>([
    ['floats of 8 bits', 339, [3, 3, 3], /samples are floats of 8 bits; write 32-bit floats/],
    ['complex integers', 339, [5, 5, 5], /samples are complex integers of 8 bits/],
    ['32 bits', 258, [32, 32, 32], /unsigned integers of 32 bits; write unsigned integers of 8 or 16 bits/],
    ['bands of several sizes', 258, [8, 16, 8], /samples of different types/],
    ['CMYK or Lab', 262, [8], /L\*a\*b\*/],
    ['JPEG of the old kind', 259, [6], /compression is JPEG of the old kind/],
    ['a camera’s mosaic', 262, [32_803], /number 32803/],
  ])('TIFF of %s', async (_, tag, values, message) => {
    const data = Buffer.alloc(2 * values.length);
    for (const [index, value] of values.entries()) data.writeUInt16LE(value, 2 * index);
    const file = withDirectory(await tiff(rgb), {
      change: (fields) => [...fields.filter((one) => one.tag !== tag), { tag, type: 3, count: values.length, data }],
    });
    await expectUnsupported(file, message);
  });

  it('TIFF with tiles of no bytes that are at a place is damaged', async () => {
    const file = withDirectory(await tiff(rgb, TILES), {
      change: (fields) =>
        fields.map((one) => (one.tag === 325 ? { ...one, data: Buffer.alloc(one.data.length) } : one)),
    });
    await expect(sizeOf(file)).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringMatching(/its tile 1 of 9 is empty/) as string,
    });
  });

  it('JPEG of 12 bits, without loss, or whose height comes last', async () => {
    const file = await imageOf(rgb).jpeg().toBuffer();
    const frame = findSegment(file, (marker) => marker === 0xc0);
    const changed = (offset: number, value: number): Buffer => {
      const copy = Buffer.from(file);
      copy[frame + offset] = value;
      return copy;
    };
    await expectUnsupported(changed(4, 12), /samples have 12 bits/);
    await expectUnsupported(changed(1, 0xc3), /its process is SOF3/);
    const unknown = Buffer.from(file);
    unknown.writeUInt16BE(0, frame + 5);
    await expectUnsupported(unknown, /its height follows its data/);
  });

  it('PNG with a chunk that one must know', async () => {
    const file = await imageOf(rgb).png().toBuffer();
    await expectUnsupported(insert(file, 33, pngChunk('CgBI', Buffer.alloc(4))), /a chunk CgBI/);
  });
});

describe('a hostile file', () => {
  it('cannot unpack a profile or packet to gigabytes', async () => {
    const file = await imageOf(rgb).png().toBuffer();
    const bomb = deflateSync(Buffer.alloc(64 * 2 ** 20));
    const profile = pngChunk('iCCP', Buffer.concat([Buffer.from('p\0\0'), bomb]));
    await expect(decode(insert(file, 33, profile))).rejects.toThrow(/colour profile unpacks to more than 16 MiB/);
    const xmp = pngChunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0', 'latin1'), bomb]));
    await expect(decode(insert(file, 33, xmp))).rejects.toThrow(/XMP packet unpacks to more than 16 MiB/);
  });

  it('of any bytes brings an image or an ImageError, and never more', async () => {
    const random = createRandom(1);
    for (const make of Object.values(KINDS)) {
      const file = await make();
      for (let round = 0; round < 12; round += 1) {
        const broken = Buffer.from(file);
        // Mostly at the beginning, where the structure is.
        for (let hit = 0; hit < 4; hit += 1)
          broken[Math.floor(random() ** 4 * file.length)] = Math.floor(256 * random());
        await decode(broken).catch((error: { code?: string; message: string }) => {
          if (!/^IMAGE_/.test(String(error.code))) throw error;
        });
      }
    }
  });
});
