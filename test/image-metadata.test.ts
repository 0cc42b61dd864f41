import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { writeFrame } from '../lib/image/encode.js';
import type { ImageMetadata, TiffField } from '../lib/image/metadata/image-metadata.js';
import { openImage } from '../lib/image/open-image.js';
import type { Frame } from '../lib/index.js';
import { createFrame, digest } from './support/frames.js';
import { createFolder } from './support/models.js';
import { imageOf, insert, jpegSegment, withDirectory } from './support/picture-files.js';

const folder = createFolder();
afterAll(() => folder.remove());
const { signal } = new AbortController();
const FORMATS = ['jpeg', 'png', 'tiff', 'webp'] as const;
const frame = createFrame({ width: 64, height: 40 });

const XMP = Buffer.from('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF/></x:xmpmeta>');
const IPTC = Buffer.from('\x1c\x02\x78\0\x07caption', 'latin1');
const RESOURCES = Buffer.concat([Buffer.from('8BIM\x04\x04\0\0\0\0\0\x0c', 'latin1'), IPTC]);

async function metadataOf(input: string | Uint8Array): Promise<ImageMetadata> {
  return (await openImage(input, { signal })).metadata;
}

let count = 0;
/** The metadata of a frame that was written with `metadata` and read again. */
async function throughFile(format: string, metadata: ImageMetadata, written: Frame = frame): Promise<ImageMetadata> {
  count += 1;
  const path = folder.path(`${count}.${format}`);
  await writeFrame(path, written, metadata);
  // The reference decoder has nothing to say against the file.
  const pixels = await sharp(path, { failOn: 'warning', ignoreIcc: true }).raw().toBuffer();
  if (format === 'png' || format === 'tiff') expect(digest(pixels)).toBe(digest(written.data));
  return metadataOf(path);
}

async function exifBlock(): Promise<Buffer> {
  const file = await imageOf(frame)
    .withExif({ IFD0: { Make: 'Perifocal test' }, IFD2: { ExposureTime: '1/250' } })
    .jpeg()
    .toBuffer();
  return (await metadataOf(file)).exif!;
}

describe('an IPTC record', () => {
  it('in resources of Photoshop is a field of TIFF, and one of TIFF is such a resource of JPEG', async () => {
    const other = Buffer.from('8BIM\x03\xed\x03abc\0\0\0\x03xyz\0', 'latin1');
    expect((await throughFile('tiff', { photoshop: RESOURCES })).iptc).toEqual(IPTC);
    expect((await throughFile('tiff', { photoshop: Buffer.concat([other, RESOURCES]) })).iptc).toEqual(IPTC);
    expect((await throughFile('tiff', { photoshop: other })).iptc).toBeUndefined();
    const both = await throughFile('jpeg', { photoshop: other, iptc: IPTC });
    expect(both.photoshop).toEqual(Buffer.concat([other, RESOURCES]));
    for (const cut of [1, 5, 9, 11]) {
      const found = await throughFile('tiff', { photoshop: RESOURCES.subarray(0, RESOURCES.length - cut) });
      expect(found.iptc).toBeUndefined();
    }
  });
});

describe.each(FORMATS)('in a %s', (format) => {
  it('a profile, an XMP packet and EXIF are kept byte for byte', async () => {
    const profile = (await sharp(await imageOf(frame).withIccProfile('p3').png().toBuffer()).metadata()).icc!;
    const exif = await exifBlock();
    const found = await throughFile(format, { icc: profile, xmp: XMP, exif });
    expect(found.icc).toEqual(profile);
    expect(found.xmp).toEqual(XMP);
    // A TIFF holds what EXIF says in directories of its own.
    if (format !== 'tiff') expect(found.exif).toEqual(exif);
    expect(found.exif!.toString('latin1')).toContain('Perifocal test');
    // Once more, from what was read: nothing is lost on a second way.
    const again = await throughFile(format, found);
    expect(again).toEqual(found);
    expect((await sharp(folder.path(`${count}.${format}`)).metadata()).xmp).toEqual(XMP);
  });

  it('a resolution is kept where the format has one', async () => {
    const found = await throughFile(format, { resolution: { x: 300, y: 150, unit: 'inch' } });
    const expected = {
      jpeg: { x: 300, y: 150, unit: 'inch' },
      png: { x: 11_811, y: 5906, unit: 'metre' },
      tiff: { x: 300, y: 150, unit: 'inch' },
      webp: undefined,
    };
    expect(found.resolution).toEqual(expected[format]);
  });

  it('the shape of pixels is kept where the format says it', async () => {
    const shape = { x: 3, y: 2, unit: 'none' } as const;
    const found = await throughFile(format, { resolution: shape });
    expect(found.resolution).toEqual(format === 'webp' ? undefined : shape);
  });

  it('no resolution is invented', async () => {
    expect(await throughFile(format, {})).toEqual({});
  });

  it('what it cannot hold is left out, and does no harm', async () => {
    const fields: TiffField[] = [{ tag: 33_550, type: 12, count: 1, data: Buffer.alloc(8, 1) }];
    const everything: ImageMetadata = {
      xmp: Buffer.alloc(100_000, 0x20),
      exif: Buffer.alloc(70_000, 0xff),
      iptc: IPTC,
      photoshop: RESOURCES,
      pngChunks: [Buffer.from('tEXtComment\0text', 'latin1')],
      jpegComments: [Buffer.from('comment')],
      tiffFields: fields,
    };
    const found = await throughFile(format, everything);
    const kept = { ...found, exif: undefined, resolution: undefined };
    expect(kept).toMatchObject(
      {
        jpeg: { photoshop: RESOURCES, jpegComments: everything.jpegComments },
        png: { xmp: everything.xmp, pngChunks: everything.pngChunks },
        tiff: { xmp: everything.xmp, iptc: IPTC, photoshop: RESOURCES, tiffFields: fields },
        webp: { xmp: everything.xmp },
      }[format],
    );
  });
});

describe('blocks of a JPEG', () => {
  it('are all read: EXIF, XMP, profile in parts, image resources, comment, density', async () => {
    const plain = await imageOf(frame).jpeg().toBuffer();
    const profile = Buffer.alloc(100, 7);
    const segments = [
      jpegSegment(0xe0, Buffer.from('JFIF\0\x01\x02\x02\0\x64\0\x32\0\0', 'latin1')),
      jpegSegment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${XMP.toString()}`, 'latin1')),
      jpegSegment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x02\x02', 'latin1'), profile.subarray(60)])),
      jpegSegment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x02', 'latin1'), profile.subarray(0, 60)])),
      jpegSegment(0xed, Buffer.concat([Buffer.from('Photoshop 3.0\0'), RESOURCES])),
      jpegSegment(0xfe, Buffer.from('a comment')),
    ];
    expect(await metadataOf(insert(plain, 2, Buffer.concat(segments)))).toEqual({
      resolution: { x: 100, y: 50, unit: 'centimetre' },
      xmp: XMP,
      icc: profile,
      photoshop: RESOURCES,
      jpegComments: [Buffer.from('a comment')],
    });
  });

  it('hold an IPTC record of a TIFF as an image resource', async () => {
    expect((await throughFile('jpeg', { iptc: IPTC })).photoshop).toEqual(RESOURCES);
  });
});

describe('fields of a TIFF', () => {
  const ascii = (tag: number, text: string): TiffField => ({
    tag,
    type: 2,
    count: text.length + 1,
    data: Buffer.from(`${text}\0`),
  });

  it('are kept where they say nothing of storage: georeference, nodata, private ones, description', async () => {
    const scale: TiffField = { tag: 33_550, type: 12, count: 3, data: Buffer.alloc(24, 3) };
    const extra = [scale, ascii(42_113, '-9999'), ascii(65_000, 'private'), ascii(270, 'what it is')];
    const file = withDirectory(await imageOf(frame).tiff({ compression: 'lzw' }).toBuffer(), {
      change: (fields) => [...fields, ...extra],
    });
    const metadata = await metadataOf(file);
    expect(metadata.tiffFields).toEqual(extra.slice(0, 3));
    const kept = await throughFile('tiff', metadata);
    expect(kept.tiffFields).toEqual(extra.slice(0, 3));
    expect(kept.exif!.toString('latin1')).toContain('what it is');
    expect((await throughFile('jpeg', metadata)).exif!.toString('latin1')).toContain('what it is');
  });

  it('of a georeference keep the picture as it is stored, and its orientation as a tag', async () => {
    const orientation: TiffField = { tag: 274, type: 3, count: 1, data: Buffer.from([6, 0]) };
    const file = withDirectory(await imageOf(frame).tiff().toBuffer(), {
      change: (fields) => [
        ...fields.filter(({ tag }) => tag !== 274),
        orientation,
        { tag: 33_550, type: 12, count: 3, data: Buffer.alloc(24, 3) },
      ],
    });
    const source = await openImage(file, { signal });
    expect(source.header).toMatchObject({ width: 64, height: 40 });
    expect(source.metadata.tiffFields!.map(({ tag }) => tag)).toEqual([274, 33_550]);
    const pixels = await sharp(file).raw().toBuffer();
    expect(digest((await source.read(signal)).frame.data as Uint8Array)).toBe(digest(pixels));
  });

  it('cannot take more memory than the file has bytes', async () => {
    const big = Buffer.alloc(2 ** 20);
    const file = withDirectory(await imageOf(frame).tiff().toBuffer(), {
      change: (fields) => [...fields, { tag: 65_000, type: 7, count: big.length, data: big }],
    });
    // A thousand more fields with the same values.
    const directory = file.readUInt32LE(4);
    const entries = file.readUInt16LE(directory);
    const last = file.subarray(directory + 2 + 12 * (entries - 1), directory + 2 + 12 * entries);
    const head = Buffer.alloc(2);
    head.writeUInt16LE(entries + 1000);
    const again = Buffer.concat([
      head,
      file.subarray(directory + 2, directory + 2 + 12 * entries),
      ...Array.from({ length: 1000 }, () => last),
      Buffer.alloc(4),
    ]);
    const hostile = Buffer.concat([file, Buffer.alloc(file.length % 2), again]);
    hostile.writeUInt32LE(file.length + (file.length % 2), 4);
    const { tiffFields } = await metadataOf(hostile);
    expect(tiffFields!.reduce((sum, { data }) => sum + data.length, 0)).toBeLessThan(hostile.length);
  });
});
