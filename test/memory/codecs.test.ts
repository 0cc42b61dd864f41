import { writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { createFrame } from '../support/frames.js';
import { createFolder } from '../support/models.js';
import { imageOf, insert, jpegSegment, pngChunk } from '../support/picture-files.js';
import { runNode } from '../support/run-child.js';

const folder = createFolder();
afterAll(() => folder.remove());

/** Bytes that a codec took in a fresh process, and those that were planned. */
async function measure(job: object): Promise<{ readonly bytes: number; readonly planned: number }> {
  const { code, stdout, stderr } = await runNode(['scripts/measure-codecs.mjs', 'child', JSON.stringify(job)]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

describe.runIf(process.platform === 'linux')('what is planned bounds', () => {
  it.each([
    ['jpeg', 3, 8],
    ['png', 3, 16],
    ['tiff', 3, 16],
    ['webp', 3, 8],
    ['webp', 4, 8],
  ] as const)('an encoder: %s of %i channels, %i bits', async (format, channels, depth) => {
    const job = { kind: 'encode', format, channels, depth, width: 1500, height: 1100, content: 'noise' };
    const { bytes, planned } = await measure(job);
    expect(bytes).toBeLessThanOrEqual(planned);
    // What waits for the collector is counted once, for the whole process.
    if (format !== 'tiff') expect(bytes).toBeGreaterThan(0.6 * planned);
  });

  const frame = createFrame({ width: 1500, height: 1100 });
  const grey = createFrame({ width: 1500, height: 1100, channels: 2 });
  const small = createFrame({ width: 64, height: 64 });
  it.each([
    ['jpeg', () => imageOf(frame).jpeg({ quality: 95 })],
    ['jpeg, progressive', () => imageOf(frame).jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
    ['png, interlaced', () => imageOf(frame).png({ progressive: true })],
    ['png, grey and alpha', () => imageOf(grey).png()],
    ['tiff, one strip', () => imageOf(frame).tiff({ compression: 'deflate', tileHeight: 4096 })],
    ['webp', () => imageOf(frame).webp()],
  ])('a decoder: %s', async (name, make) => {
    const [path, first] = [folder.path(`${name}.img`), folder.path('small.png')];
    await make().toFile(path);
    await imageOf(small).png().toFile(first);
    const { bytes, planned } = await measure({ kind: 'decode', path, small: first });
    expect(bytes).toBeLessThanOrEqual(planned);
  });
});

describe.runIf(process.platform === 'linux')('a hostile file takes no more memory than its picture', () => {
  const small = createFrame({ width: 64, height: 64 });
  /** Text of 256 MB in 250 kB. */
  const bomb = deflateSync(Buffer.alloc(256e6, 0x61));

  it.each<[string, () => Promise<Buffer>]>([
    [
      'PNG of packed texts',
      async () => {
        const text = pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), bomb]));
        return insert(await imageOf(small).png().toBuffer(), 33, Buffer.concat(Array.from({ length: 5 }, () => text)));
      },
    ],
    [
      'JPEG of many segments',
      async () => {
        const segments = Array.from({ length: 200 }, (_, index) =>
          jpegSegment(0xe1 + (index % 12), Buffer.alloc(65_000, 0x20)),
        );
        return insert(await imageOf(small).jpeg().toBuffer(), 2, Buffer.concat(segments));
      },
    ],
  ])('%s', async (_, make) => {
    const [path, first] = [folder.path('hostile.img'), folder.path('first.png')];
    const file = await make();
    writeFileSync(path, file);
    await imageOf(small).png().toFile(first);
    const { bytes } = await measure({ kind: 'decode', path, small: first });
    expect(bytes).toBeLessThan(2.5 * file.length + 4e6);
  });
});
