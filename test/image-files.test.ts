import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Restorer } from '../lib/index.js';
import type { Depth, Frame } from '../lib/index.js';
import { createFrame, digest } from './support/frames.js';
import { createFolder, randomModel } from './support/models.js';

const folder = createFolder();
let restorer: Restorer;
beforeAll(async () => {
  restorer = await Restorer.open({ model: randomModel(1, 4) });
});
afterAll(async () => {
  await restorer.dispose();
  folder.remove();
});

type Format = 'jpeg' | 'png' | 'tiff' | 'webp';

const colourSpaceOf = ({ channels, depth }: Frame): string =>
  depth === 16 ? (channels < 3 ? 'grey16' : 'rgb16') : channels < 3 ? 'b-w' : 'srgb';

/** Encodes a frame without loss where the format can. */
function encode(frame: Frame): Sharp {
  const { data, width, height, channels } = frame;
  return sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } }).toColourspace(
    colourSpaceOf(frame),
  );
}

describe('lossless files', () => {
  const cases = (['png', 'tiff'] as const).flatMap((format) =>
    ([8, 16] as const).flatMap((depth) => ([1, 2, 3, 4] as const).map((channels) => ({ format, depth, channels }))),
  );

  it.each(cases)(
    '$format of $channels channels, $depth bits: restored as its pixels are, and written as that',
    async ({ format, depth, channels }) => {
      const frame = createFrame({ width: 45, height: 38, channels, depth });
      const input = folder.path(`in-${channels}-${depth}.${format}`);
      const output = folder.path(`out-${channels}-${depth}.${format}`);
      await encode(frame)
        .toFormat(format, format === 'tiff' ? { compression: 'none' } : {})
        .toFile(input);
      const result = await restorer.restoreFile(input, output);
      const { channels: foundChannels, depth: foundDepth, width, height } = result;
      expect({ foundChannels, foundDepth, width, height }).toEqual({
        foundChannels: channels,
        foundDepth: depth,
        width: 45,
        height: 38,
      });
      expect(digest(result.data)).toBe(digest((await restorer.restore(frame)).data));
      const found = await sharp(output).metadata();
      expect(found).toMatchObject({
        format,
        width: 45,
        height: 38,
        channels,
        depth: depth === 16 ? 'ushort' : 'uchar',
      });
      const again = await restorer.restore(output);
      expect(digest(again.data)).toBe(digest((await restorer.restore({ ...frame, data: result.data })).data));
    },
  );
});

describe('lossy files', () => {
  it.each([
    ['jpeg', 1],
    ['jpeg', 3],
    ['webp', 3],
    ['webp', 4],
  ] as [Format, number][])('%s of %i channels', async (format, channels) => {
    const frame = createFrame({ width: 64, height: 50, channels });
    const file = await encode(frame).toFormat(format).toBuffer();
    const result = await restorer.restore(file);
    expect(result.channels).toBe(channels);
    const output = folder.path(`lossy-${channels}.${format}`);
    await result.toFile(output);
    expect(await sharp(output).metadata()).toMatchObject({ format, width: 64, height: 50, channels });
  });

  it('a path and the bytes of the same file give the same', async () => {
    const input = folder.path('same.jpg');
    await encode(createFrame({ width: 64, height: 50 }))
      .jpeg()
      .toFile(input);
    expect(digest((await restorer.restore(input)).data)).toBe(
      digest((await restorer.restore(readFileSync(input))).data),
    );
  });
});

describe('metadata', () => {
  const frame = createFrame({ width: 64, height: 40 });
  const sourceOf = (format: Format, orientation?: number): Promise<Buffer> => {
    const image = encode(frame)
      .withIccProfile('p3')
      .withExif({
        IFD0: { Make: 'Perifocal test', Copyright: 'nobody' },
        IFD2: { DateTimeOriginal: '2026:11:21 02:10:00', ExposureTime: '1/250' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
      });
    return (
      orientation ? image.withMetadata({ orientation, icc: 'p3', exif: { IFD0: { Make: 'Perifocal test' } } }) : image
    )
      .toFormat(format)
      .toBuffer();
  };

  it.each(
    (['jpeg', 'png', 'webp'] as const).flatMap((from) =>
      (['jpeg', 'png', 'tiff', 'webp'] as const).map((to) => [from, to] as const),
    ),
  )('of a %s is kept in a %s: profile byte for byte, EXIF', async (from, to) => {
    const source = await sourceOf(from);
    const output = folder.path(`metadata-${from}.${to}`);
    await (await restorer.restore(source)).toFile(output);
    const [before, after] = [await sharp(source).metadata(), await sharp(output).metadata()];
    expect(after.icc).toEqual(before.icc);
    await sharp(output, { failOn: 'warning' }).raw().toBuffer();
    const file = readFileSync(output).toString('latin1');
    for (const text of ['Perifocal test', 'nobody', '2026:11:21 02:10:00']) expect(file).toContain(text);
    if (to !== 'tiff') expect(after.exif).toBeDefined();
  });

  it('does not change the pixels: the profile is attached, not applied', async () => {
    const plain = await restorer.restore(await encode(frame).png().toBuffer());
    const tagged = await restorer.restore(await encode(frame).keepIccProfile().png().toBuffer());
    expect(digest(tagged.data)).toBe(digest(plain.data));
    const output = folder.path('tagged.png');
    await (await restorer.restore(await sourceOf('png'))).toFile(output);
    const stored = await sharp(output, { ignoreIcc: true }).raw().toBuffer();
    const direct = await restorer.restore(await sourceOf('png'));
    expect(digest(stored)).toBe(digest(direct.data));
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('with orientation %i is turned upright, once', async (orientation) => {
    const source = await sourceOf('jpeg', orientation);
    const output = folder.path(`turned-${orientation}.jpg`);
    const result = await restorer.restoreFile(source, output);
    const upright = orientation < 5 ? { width: 64, height: 40 } : { width: 40, height: 64 };
    expect({ width: result.width, height: result.height }).toEqual(upright);
    expect(await sharp(output).metadata()).toMatchObject({ ...upright, orientation: 1 });
    const pixels = await sharp(source, { ignoreIcc: true }).autoOrient().raw().toBuffer();
    expect(digest(result.data)).toBe(
      digest((await restorer.restore({ ...upright, channels: 3, depth: 8, data: pixels })).data),
    );
  });

  it('that is garbage is passed through and does no harm', async () => {
    const image = await restorer.restore(await encode(frame).png().toBuffer());
    for (const extension of ['jpg', 'png', 'tiff', 'webp']) {
      for (const exif of [
        Buffer.from('II*\0'),
        Buffer.from('MM\0*\0\0\0\x08\xff\xff', 'latin1'),
        Buffer.alloc(70_000, 0xff),
        Buffer.alloc(0),
      ]) {
        const garbage = Object.assign(Object.create(image) as typeof image, { metadata: { exif } });
        await garbage.toFile(folder.path(`garbage.${extension}`));
        await sharp(folder.path(`garbage.${extension}`))
          .raw()
          .toBuffer();
      }
    }
  });
});

describe('writing', () => {
  it('leaves the file alone or whole, and no temporary one', async () => {
    const output = folder.path('atomic/out.png');
    const image = await restorer.restore(createFrame({ width: 32, height: 32 }));
    await expect(image.toFile(output)).rejects.toThrow(/Cannot write/);
    const target = folder.path('kept.png');
    writeFileSync(target, 'old');
    await expect(image.toFile(target, { signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
    expect(readFileSync(target, 'utf8')).toBe('old');
    await image.toFile(target);
    expect(await sharp(target).metadata()).toMatchObject({ format: 'png', width: 32 });
    expect(readdirSync(folder.path('.')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each<[string, number, Depth, RegExp]>([
    ['jpg', 3, 16, /8 bits per sample, the frame has 16; write PNG or TIFF/],
    ['webp', 3, 16, /8 bits/],
    ['jpeg', 4, 8, /no alpha/],
    ['gif', 3, 8, /extension is none of/],
  ])('a %s of %i channels and %i bits is refused', async (extension, channels, depth, message) => {
    const input = await encode(createFrame({ width: 32, height: 32, channels, depth }))
      .png()
      .toBuffer();
    await expect(restorer.restoreFile(input, folder.path(`refused.${extension}`))).rejects.toThrow(message);
  });
});
