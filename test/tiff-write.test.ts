import { open } from 'node:fs/promises';
import { fromArrayBuffer } from 'geotiff';
import { afterAll, describe, expect, it } from 'vitest';
import type { TiffField } from '../lib/image/metadata/image-metadata.js';
import { TiffReader } from '../lib/image/metadata/tiff-fields.js';
import { mayExceedClassic } from '../lib/image/tiff/write-description.js';
import type { TiffDescription } from '../lib/image/tiff/write-description.js';
import { encodeTiff } from '../lib/image/tiff/write-frame.js';
import { openImage } from '../lib/image/open-image.js';
import { FileSpool, MemorySpool } from '../lib/image/write-sink.js';
import { TiffWriter, tiffWriterBytes } from '../lib/image/tiff/write.js';
import { createFolder } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

type Samples = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** Waves with steps, so that every byte of a sample counts. */
function samplesOf({ width, height, channels, depth }: TiffDescription): Samples {
  const data = new { 8: Uint8Array, 16: Uint16Array, 32: Float32Array }[depth](width * height * channels);
  for (let index = 0; index < data.length; index += 1) {
    const wave = Math.sin(index / 7) * Math.cos(index / 1013) + (index % 5) / 10;
    data[index] = depth === 32 ? 1e3 * wave : (0.5 + 0.3 * wave) * (2 ** depth - 1);
  }
  return data;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Samples): Buffer => Buffer.from(buffer, byteOffset, byteLength);

/** Bytes of the interleaved samples as geotiff.js reads them, which shares no code with the writer. */
async function readBack(file: Buffer): Promise<Buffer> {
  const image = await (await fromArrayBuffer(new Uint8Array(file).buffer)).getImage();
  return bytesOf((await image.readRasters({ interleave: true })) as unknown as Samples);
}

/** Values of a field of numbers of 16 bits; null where there is none. */
function shortsOf(file: Buffer, tag: number): number[] | null {
  const field = fieldsOf(file).find((one) => one.tag === tag);
  return field ? Array.from({ length: field.count }, (_, index) => field.data.readUInt16LE(2 * index)) : null;
}

function fieldsOf(file: Buffer): TiffField[] {
  const reader = new TiffReader(file);
  return reader.readDirectory(reader.firstDirectory);
}

const field = (tag: number, type: number, count: number, data: Buffer): TiffField => ({ tag, type, count, data });
const ascii = (tag: number, text: string): TiffField => field(tag, 2, text.length + 1, Buffer.from(`${text}\0`));

const LAYOUTS = [{}, { tileSize: 64 }, { isPlanar: true }, { tileSize: 64, isPlanar: true }, { isBig: true }];
const [PHOTOMETRIC, PLANAR, EXTRA_SAMPLES, SAMPLE_FORMAT] = [262, 284, 338, 339];

describe('a TIFF that is written', () => {
  const cases = ([8, 16, 32] as const).flatMap((depth) => [1, 3, 4, 5, 13].map((channels) => ({ depth, channels })));

  it.each(cases)('is read by geotiff.js as it was, however it is laid out: %j', async ({ depth, channels }) => {
    for (const layout of LAYOUTS) {
      const description: TiffDescription = { width: 131, height: 149, channels, depth, ...layout };
      const samples = samplesOf(description);
      const file = await encodeTiff(description, samples, { threads: 2 });
      expect(file.readUInt16LE(2)).toBe(description.isBig ? 43 : 42);
      expect(shortsOf(file, SAMPLE_FORMAT)).toEqual(new Array(channels).fill(depth === 32 ? 3 : 1));
      expect(shortsOf(file, PLANAR)).toEqual([description.isPlanar && channels > 1 ? 2 : 1]);
      expect((await readBack(file)).equals(bytesOf(samples))).toBe(true);
    }
  });

  it('says what its channels are', async () => {
    const kindsOf = async (change: Partial<TiffDescription>): Promise<unknown> => {
      const description: TiffDescription = { width: 20, height: 20, channels: 4, depth: 8, ...change };
      const file = await encodeTiff(description, samplesOf(description));
      return [shortsOf(file, PHOTOMETRIC), shortsOf(file, EXTRA_SAMPLES)];
    };
    expect(await kindsOf({ channels: 1 })).toEqual([[1], null]);
    expect(await kindsOf({ channels: 2 })).toEqual([[1], [2]]);
    expect(await kindsOf({})).toEqual([[2], [2]]);
    expect(await kindsOf({ alpha: false })).toEqual([[1], [0, 0, 0]]);
    expect(await kindsOf({ alpha: false, rgb: [[0, 1, 2]] })).toEqual([[2], [0]]);
    expect(await kindsOf({ alpha: false, rgb: [[2, 1, 0]] })).toEqual([[1], [0, 0, 0]]);
    expect(await kindsOf({ channels: 6, alpha: true, rgb: [[0, 1, 2]] })).toEqual([[2], [0, 0, 2]]);
    const associated = { tiffFields: [field(EXTRA_SAMPLES, 3, 1, Buffer.from([1, 0]))] };
    expect(await kindsOf({ metadata: associated })).toEqual([[2], [1]]);
    // A kind that says another thing of the last channel than the frame is that of another picture.
    expect(await kindsOf({ metadata: associated, alpha: false, rgb: [[0, 1, 2]] })).toEqual([[2], [0]]);
  });

  it('has the same bytes for any number of rows at a time, of threads, and after a pause', async () => {
    const description: TiffDescription = { width: 200, height: 333, channels: 3, depth: 16, tileSize: 64 };
    const samples = samplesOf(description);
    const expected = await encodeTiff(description, samples);
    await using handle = await open(folder.path('resumed.tif'), 'wx+');
    const sink = new FileSpool(handle);
    let writer = TiffWriter.create(sink, description, { threads: 2 });
    for (const count of [1, 5, 100, 3, 64, 160]) {
      const from = writer.nextRow;
      await writer.writeRows(samples.subarray(from * 600, (from + count) * 600), count);
      // What a killed process has written is known, and told as JSON.
      const state = JSON.parse(JSON.stringify(await writer.state()));
      writer = TiffWriter.resume(sink, description, state);
      const again = (from + count) % 64 === 0 || from + count === 333 ? 0 : (from + count) % 64;
      expect(writer.nextRow).toBe(from + count - again);
      if (again > 0)
        await writer.writeRows(samples.subarray((from + count - again) * 600, (from + count) * 600), again);
    }
    const size = await writer.finish();
    expect(size).toBe(expected.length);
    expect((await handle.readFile()).equals(expected)).toBe(true);
  });

  it('is refused where rows are missing, too many or of another type, and where a state does not fit', async () => {
    const description: TiffDescription = { width: 32, height: 40, channels: 1, depth: 8 };
    const writer = TiffWriter.create({ write: () => Promise.resolve() }, description);
    await expect(writer.writeRows(new Uint16Array(32), 1)).rejects.toThrow(/32 samples of 8 bits/);
    await expect(writer.writeRows(new Uint8Array(31), 1)).rejects.toThrow(/32 samples of 8 bits/);
    await expect(writer.writeRows(new Uint8Array(41 * 32), 41)).rejects.toThrow(/count/);
    await expect(writer.finish()).rejects.toThrow('Rows 1 to 40 are missing');
    const state = { nextRow: 40, position: 100, offsets: [[]], byteCounts: [[]] };
    expect(() => TiffWriter.resume({ write: () => Promise.resolve() }, description, state)).toThrow(/1 blocks/);
    expect(() => TiffWriter.create({ write: () => Promise.resolve() }, { ...description, tileSize: 100 })).toThrow(
      /multiple of 16/,
    );
  });

  it('tells the error of its sink, and ends with the signal', async () => {
    const description: TiffDescription = { width: 64, height: 640, channels: 1, depth: 8 };
    const full = { write: () => Promise.reject(new Error('ENOSPC')) };
    const writer = TiffWriter.create(full, description, { threads: 2 });
    await expect(writer.writeRows(new Uint8Array(64 * 640), 640)).rejects.toThrow('ENOSPC');
    const signal = AbortSignal.abort(new Error('enough'));
    const aborted = TiffWriter.create({ write: () => Promise.resolve() }, description, { signal });
    await expect(aborted.writeRows(new Uint8Array(64 * 640), 640)).rejects.toThrow('enough');
  });

  it.each([{}, { tileSize: 32 }, { isPlanar: true, isBig: true }])('has its mask behind it: %j', async (layout) => {
    const description: TiffDescription = { width: 50, height: 150, channels: 3, depth: 16, hasMask: true, ...layout };
    const mask = Uint8Array.from({ length: 7500 }, (_, pixel) => (pixel % 7 === 0 ? 0 : pixel % 256));
    const samples = samplesOf(description) as Uint16Array<ArrayBuffer>;
    const spool = new MemorySpool();
    const writer = TiffWriter.create(spool, description, { threads: 2 });
    for (const [from, to] of [
      [0, 40],
      [40, 41],
      [41, 150],
    ] as const)
      await writer.writeRows(samples.subarray(from * 150, to * 150), to - from, mask.subarray(from * 50, to * 50));
    await writer.finish();
    const file = spool.toBuffer();
    const tiff = await fromArrayBuffer(new Uint8Array(file).buffer);
    expect(await tiff.getImageCount()).toBe(2);
    const image = await tiff.getImage(1);
    const directory = image.fileDirectory;
    expect(await directory.loadValue('NewSubfileType')).toBe(4);
    expect(await directory.loadValue('PhotometricInterpretation')).toBe(4);
    expect(bytesOf((await image.readRasters({ interleave: true })) as unknown as Samples)).toEqual(Buffer.from(mask));
    const { signal } = new AbortController();
    const read = await (await openImage(file, { signal })).read(signal);
    expect(Buffer.from(read.mask!)).toEqual(Buffer.from(mask));
    expect(bytesOf(read.frame.data as Samples)).toEqual(bytesOf(samples));
  });

  it('needs a mask where one was announced, of the same size', async () => {
    const description: TiffDescription = { width: 20, height: 20, channels: 1, depth: 8 };
    const write = (hasMask: boolean, mask: Uint8Array | null): Promise<void> =>
      TiffWriter.create(new MemorySpool(), { ...description, hasMask }).writeRows(new Uint8Array(400), 20, mask);
    await expect(write(true, null)).rejects.toThrow('Expected 400 bytes for mask');
    await expect(write(true, new Uint8Array(399))).rejects.toThrow('399');
    await expect(write(false, new Uint8Array(400))).rejects.toThrow('mask');
    expect(tiffWriterBytes({ ...description, hasMask: true })).toBeGreaterThan(tiffWriterBytes(description));
  });

  it('is a BigTIFF where it may exceed 4 GB, which is known before', () => {
    const size = { width: 20_000, height: 26_000, channels: 4, depth: 16 } as const;
    expect(mayExceedClassic(size, 0)).toBe(false);
    expect(mayExceedClassic({ ...size, height: 27_000 }, 0)).toBe(true);
    expect(mayExceedClassic(size, 2e8)).toBe(true);
  });
});

describe('fields of a source', () => {
  const write = async (tiffFields: TiffField[]): Promise<TiffField[]> => {
    const description: TiffDescription = { width: 20, height: 20, channels: 1, depth: 8, metadata: { tiffFields } };
    return fieldsOf(await encodeTiff(description, samplesOf(description)));
  };

  it('are kept but for those that speak of its size and storage', async () => {
    const kept = [
      ascii(269, 'document'),
      field(280, 3, 1, Buffer.from([3, 0])),
      field(281, 3, 1, Buffer.from([200, 0])),
      field(33_550, 12, 3, Buffer.alloc(24, 3)),
      field(33_922, 12, 6, Buffer.alloc(48, 4)),
      field(34_264, 12, 16, Buffer.alloc(128, 5)),
      field(34_735, 3, 4, Buffer.alloc(8, 1)),
      ascii(42_113, 'nan'),
      field(50_844, 12, 92, Buffer.alloc(92 * 8, 6)),
      ascii(65_000, 'private'),
    ];
    const renewed = [256, 259, 273, 320, 324, 330, 34_665, 37_724, 50_674].map((tag) =>
      field(tag, 4, 1, Buffer.alloc(4, 0xee)),
    );
    const found = await write([...renewed, ...kept]);
    expect(found.filter(({ tag }) => kept.some((one) => one.tag === tag))).toEqual(kept);
    expect(found.some(({ data }) => data.equals(Buffer.alloc(4, 0xee)))).toBe(false);
  });

  it('tell no statistics of other samples, and all else of GDAL', async () => {
    const items = (...lines: string[]): string => ['<GDALMetadata>', ...lines, '</GDALMetadata>', ''].join('\n');
    const band = '  <Item name="DESCRIPTION" sample="0" role="description">STATISTICS_ of &lt;Item&gt; \u00e9</Item>';
    const other = '  <Item name="STATISTICS_MEAN" domain="mine">5</Item>';
    const comment = '  <!-- <Item name="STATISTICS_MEAN"> -->';
    const mean = '  <Item name="STATISTICS_MEAN" sample="0">12.5</Item>';
    const most = "  <Item sample='1' name='STATISTICS_MAXIMUM' />";
    const through = async (text: string): Promise<string | null> => {
      const data = Buffer.from(`${text}\0`);
      const found = (await write([field(42_112, 2, data.length, data)])).find(({ tag }) => tag === 42_112);
      expect(found?.count).toBe(found?.data.length);
      return found ? found.data.toString() : null;
    };
    expect(await through(items(mean, band, most, comment, other, mean))).toBe(`${items(band, comment, other)}\0`);
    expect(await through(items(band))).toBe(`${items(band)}\0`);
    expect(await through(items(mean, most))).toBe(null);
    for (const odd of ['no XML', '<GDALMetadata><Item name="STATISTICS_MEAN">1', `${items(band)}<`])
      expect(await through(odd)).toBe(`${odd}\0`);
  });
});
