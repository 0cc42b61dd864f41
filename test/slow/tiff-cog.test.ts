import { readFileSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { fromArrayBuffer } from 'geotiff';
import { afterAll, describe, expect, it } from 'vitest';
import { writeFrame } from '../../lib/image/encode.js';
import type { ImageMetadata } from '../../lib/image/metadata/image-metadata.js';
import { CogWriter, cogWriterBytes } from '../../lib/image/tiff/cog.js';
import { FileSpool, MemorySpool } from '../../lib/image/write-sink.js';
import { Deconvolver } from '../../lib/index.js';
import type { AnyFrame } from '../../lib/index.js';
import { createFolder } from '../support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

const nodata = (text: string): ImageMetadata => ({
  tiffFields: [{ tag: 42_113, type: 2, count: text.length + 1, data: Buffer.from(`${text}\0`) }],
});

interface Level {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** All pictures of a file as geotiff.js reads them. */
async function levelsOf(file: Buffer): Promise<Level[]> {
  const tiff = await fromArrayBuffer(new Uint8Array(file).buffer);
  const levels: Level[] = [];
  for (let index = 0; index < (await tiff.getImageCount()); index += 1) {
    const image = await tiff.getImage(index);
    const data = (await image.readRasters({ interleave: true })) as unknown as ArrayLike<number>;
    levels.push({ width: image.getWidth(), height: image.getHeight(), data });
  }
  return levels;
}

/** Means of the valid samples of up to 2x2 pixels, plainly. */
function halve({ width, height, data }: Level, channels: number, missing: number, alpha: boolean): Level {
  const [half, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const result = new Array<number>(half * rows * channels);
  for (let index = 0; index < result.length; index += 1) {
    const [channel, x] = [index % channels, Math.floor(index / channels) % half];
    const y = Math.floor(index / channels / half);
    const pixels = [0, 1, 2, 3]
      .map((corner) => ({ x: 2 * x + (corner & 1), y: 2 * y + (corner >> 1) }))
      .filter((pixel) => pixel.x < width && pixel.y < height)
      .map((pixel) => (pixel.y * width + pixel.x) * channels);
    const isAlpha = alpha && channel === channels - 1;
    const valid = pixels.filter(
      (at) => isAlpha || (data[at + channel] !== missing && !(alpha && data[at + channels - 1] === 0)),
    );
    const mean = valid.reduce((sum, at) => sum + data[at + channel]!, 0) / valid.length;
    const rounded = isAlpha ? Math.ceil(mean) : Math.round(mean);
    const hidden = Number.isNaN(missing) ? data[pixels[0]! + channel]! : missing;
    result[index] = valid.length === 0 ? hidden : rounded === missing ? rounded + 1 : rounded;
  }
  return { width: half, height: rows, data: result };
}

function frameOf(width: number, height: number, channels: number, missing: number): AnyFrame {
  const data = Uint16Array.from({ length: width * height * channels }, (_, index) => {
    const [x, y] = [Math.floor(index / channels) % width, Math.floor(index / channels / width)];
    if ((x + 3 * y) % 7 === 0 || (x < 301 && y < 77)) return Number.isNaN(missing) ? 0 : missing;
    return 200 + ((x * 7 + y * 13 + (index % channels) * 1000) % 30_000);
  });
  return { width, height, channels, depth: 16, data };
}

describe('a Cloud Optimized GeoTIFF', () => {
  it.each([
    ['nodata', 3, 205, false],
    ['alpha', 2, Number.NaN, true],
  ] as const)('has overviews of the valid samples alone: %s', async (name, channels, missing, alpha) => {
    const frame = frameOf(1031, 530, channels, missing);
    const path = folder.path(`${name}.tif`);
    await writeFrame(path, frame, alpha ? {} : nodata(String(missing)), { cog: true });
    const levels = await levelsOf(readFileSync(path));
    expect(levels.map(({ width, height }) => [width, height])).toEqual([
      [1031, 530],
      [516, 265],
      [258, 133],
    ]);
    expect(Buffer.from(new Uint16Array(levels[0]!.data).buffer).equals(Buffer.from(frame.data.buffer))).toBe(true);
    for (const [index, level] of levels.slice(1).entries()) {
      const expected = halve(levels[index]!, channels, missing, alpha);
      expect(Uint16Array.from(level.data)).toEqual(Uint16Array.from(expected.data));
    }
    expect(readdirSync(folder.path('.')).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });

  it('tells what its readers rely on, and keeps it', async () => {
    const path = folder.path('ghost.tif');
    const frame = frameOf(700, 600, 1, 0);
    await writeFrame(path, frame, nodata('0'), { cog: true });
    const file = readFileSync(path);
    expect(file.toString('latin1', 8, 51)).toBe('GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\n');
    const tiff = await fromArrayBuffer(new Uint8Array(file).buffer);
    const starts: number[] = [];
    for (const index of [0, 1]) {
      const { fileDirectory } = await tiff.getImage(index);
      const offsets = [...((await fileDirectory.loadValue('TileOffsets')) as ArrayLike<number> as number[])];
      const sizes = [...((await fileDirectory.loadValue('TileByteCounts')) as ArrayLike<number> as number[])];
      starts.push(offsets[0]!);
      for (const [tile, offset] of offsets.entries()) {
        const end = offset + sizes[tile]!;
        expect(file.readUInt32LE(offset - 4)).toBe(sizes[tile]);
        expect(file.subarray(end, end + 4)).toEqual(file.subarray(end - 4, end));
      }
    }
    // The smallest picture comes first.
    expect(starts[1]).toBeLessThan(starts[0]!);
    expect(file.readUInt32LE(4)).toBe(192);
  });

  it('is the same when a killed process goes on from its state', async () => {
    const frame = frameOf(600, 1300, 2, 7);
    const description = { ...frame, alpha: false, metadata: nodata('7') };
    const openSpool = (): Promise<MemorySpool> => Promise.resolve(new MemorySpool());
    const expected = new MemorySpool();
    const whole = CogWriter.create(await openSpool(), description);
    await whole.writeRows(frame.data, 1300);
    await whole.finish(expected, openSpool);
    await using handle = await open(folder.path('spool'), 'wx+');
    const first = CogWriter.create(new FileSpool(handle), description);
    await first.writeRows(frame.data.subarray(0, 1100 * 1200), 1100);
    const state = JSON.parse(JSON.stringify(await first.state()));
    const second = CogWriter.resume(new FileSpool(handle), description, state);
    expect(second.nextRow).toBe(1024);
    await second.writeRows(frame.data.subarray(1024 * 1200), 276);
    const found = new MemorySpool();
    await second.finish(found, openSpool);
    expect(found.toBuffer().equals(expected.toBuffer())).toBe(true);
  });

  it('is what a file is restored into where that is asked for, and nothing else than a TIFF', async () => {
    const [input, output] = [folder.path('input.tif'), folder.path('output.tif')];
    await writeFrame(input, frameOf(530, 40, 1, 0), nodata('0'));
    await using restorer = await Deconvolver.open({ psf: 'gaussian:0.8', method: 'wiener', threads: 1 });
    await restorer.restoreFile(input, output, { cog: true });
    expect((await levelsOf(readFileSync(output))).map(({ width }) => width)).toEqual([530, 265]);
    await expect(restorer.restoreFile(input, folder.path('output.png'), { cog: true })).rejects.toThrow(
      /a Cloud Optimized GeoTIFF is a TIFF, not a png: end its name in .tif/,
    );
  });

  it('is a TIFF, and needs memory that does not depend on its height but for lists', async () => {
    const frame = frameOf(20, 20, 1, 0);
    await expect(writeFrame(folder.path('a.png'), frame, {}, { cog: true })).rejects.toThrow(/end its name in .tif/);
    const size = { width: 20_000, height: 20_000, channels: 4, depth: 16 } as const;
    const bytes = cogWriterBytes(size);
    expect(bytes).toBeLessThan(220e6);
    expect(cogWriterBytes({ ...size, height: 40_000 }) - bytes).toBeLessThan(1e6);
  });
});
