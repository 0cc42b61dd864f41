import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, linkSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { checkWritable, writeAtomically } from '../lib/files/write-file.js';
import { checkImageOutput, writeFrame } from '../lib/image/encode.js';
import type { ImageMetadata, TiffField } from '../lib/image/metadata/image-metadata.js';
import { lostIn } from '../lib/image/metadata/lost.js';
import type { AnyFrameSize } from '../lib/index.js';
import { createFrame } from './support/frames.js';
import { createFolder } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());
const BYTES = [Buffer.from('new '), Buffer.from('content')];
const expectUnwritable = (promise: Promise<unknown>, reason: RegExp): Promise<void> =>
  expect(promise).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE', message: expect.stringMatching(reason) });

describe('a file', () => {
  it('may have a name as long as the file system allows', async () => {
    const path = folder.path(`${'n'.repeat(251)}.png`);
    await writeAtomically(path, BYTES);
    expect(readFileSync(path, 'utf8')).toBe('new content');
  });

  it('keeps its permissions', async () => {
    for (const mode of [0o600, 0o640, 0o664]) {
      const path = folder.path(`mode-${mode}`);
      writeFileSync(path, 'old');
      chmodSync(path, mode);
      await writeAtomically(path, BYTES);
      expect(statSync(path).mode & 0o777).toBe(mode);
      expect(readFileSync(path, 'utf8')).toBe('new content');
    }
  });

  it('that a symbolic link leads to is written; the link stays', async () => {
    mkdirSync(folder.path('elsewhere'));
    writeFileSync(folder.path('elsewhere/target'), 'old');
    symlinkSync('elsewhere/target', folder.path('link'));
    symlinkSync('elsewhere/made', folder.path('dangling'));
    for (const [link, target] of [
      ['link', 'elsewhere/target'],
      ['dangling', 'elsewhere/made'],
    ] as const) {
      await checkWritable(folder.path(link));
      await writeAtomically(folder.path(link), BYTES);
      expect(readlinkSync(folder.path(link))).toBe(target);
      expect(readFileSync(folder.path(target), 'utf8')).toBe('new content');
    }
    symlinkSync('circle', folder.path('circle'));
    await expectUnwritable(checkWritable(folder.path('circle')), /lead in a circle/);
    expect(readdirSync(folder.path('elsewhere')).sort()).toEqual(['made', 'target']);
  });

  it('of another name on the same data stays as it was', async () => {
    writeFileSync(folder.path('one'), 'old');
    linkSync(folder.path('one'), folder.path('other'));
    await writeAtomically(folder.path('one'), BYTES);
    expect(readFileSync(folder.path('other'), 'utf8')).toBe('old');
  });

  it('is never written over a device, a named pipe or a folder', async () => {
    execFileSync('mkfifo', [folder.path('pipe')]);
    symlinkSync('/dev/null', folder.path('null'));
    mkdirSync(folder.path('folder'));
    for (const [name, reason] of [
      ['pipe', /it is a device, a named pipe or a socket/],
      ['null', /it is a device, a named pipe or a socket/],
      ['folder', /it is a directory/],
    ] as const) {
      await expectUnwritable(checkWritable(folder.path(name)), reason);
      await expectUnwritable(writeAtomically(folder.path(name), BYTES), reason);
    }
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('is left alone when the signal aborts, and nothing is left behind', async () => {
    mkdirSync(folder.path('aborted'));
    writeFileSync(folder.path('aborted/file'), 'old');
    const controller = new AbortController();
    const parts = Array.from({ length: 20 }, () => Buffer.alloc(4 * 2 ** 20));
    const writing = writeAtomically(folder.path('aborted/file'), parts, controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 5);
    await expect(writing).rejects.toThrow('enough');
    expect(readFileSync(folder.path('aborted/file'), 'utf8')).toBe('old');
    expect(readdirSync(folder.path('aborted'))).toEqual(['file']);
  });

  it.skipIf(!existsSync('/dev/full'))('that cannot be written is told with the system’s reason', async () => {
    await expectUnwritable(writeAtomically(folder.path('none/file'), BYTES), /^Cannot write .*none\/file: ENOENT/);
  });

  // Root may read every folder.
  it.skipIf(process.getuid?.() === 0)('in a folder that may be written and not read is written', async () => {
    const drop = folder.path('drop');
    mkdirSync(drop);
    chmodSync(drop, 0o300);
    await checkWritable(`${drop}/file`);
    await writeAtomically(`${drop}/file`, BYTES);
    chmodSync(drop, 0o700);
    expect(readdirSync(drop)).toEqual(['file']);
  });
});

describe('what a format cannot hold', () => {
  const size = (change: Partial<AnyFrameSize>): AnyFrameSize => ({
    width: 100,
    height: 100,
    channels: 3,
    depth: 8,
    ...change,
  });

  it.each<[string, Partial<AnyFrameSize>, RegExp]>([
    ['jpg', { depth: 16 }, /jpeg holds 8 bits per sample, the frame has 16; write PNG or TIFF/],
    ['webp', { depth: 16 }, /webp holds 8 bits/],
    ['jpg', { channels: 4 }, /no alpha channel/],
    ['jpg', { width: 65_501 }, /jpeg holds 65500 pixels a side, the frame has 65501x100/],
    ['webp', { height: 16_384 }, /webp holds 16383 pixels a side/],
    ['png', { depth: 32 }, /png holds integers, the frame has floats; write TIFF/],
    ['png', { channels: 13 }, /png holds 3 bands and alpha, the frame has 13 bands; write TIFF/],
    ['png', { channels: 4, alpha: false }, /the frame has 4, the last of which would become alpha; write TIFF/],
    ['webp', { channels: 2, alpha: false }, /webp holds 1 or 3 bands, the frame has 2/],
    ['png', { channels: 3, alpha: true }, /holds 1 or 3 bands, the frame has 2/],
    ['png', { channels: 5, alpha: true }, /the last of which would become alpha/],
    ['gif', {}, /extension is none of/],
  ])('%s: %j is refused before the work', async (extension, change, reason) => {
    await expectUnwritable(checkImageOutput(folder.path(`out.${extension}`), size(change)), reason);
  });

  it('is nothing of what it can', async () => {
    expect(await checkImageOutput(folder.path('out.jpg'), size({ width: 65_500, channels: 1 }))).toBe('jpeg');
    expect(await checkImageOutput(folder.path('out.webp'), size({ height: 16_383, channels: 4 }))).toBe('webp');
    expect(await checkImageOutput(folder.path('out.png'), size({ width: 65_535, depth: 16, channels: 4 }))).toBe('png');
    expect(await checkImageOutput(folder.path('out.tif'), size({ depth: 32, channels: 16 }))).toBe('tiff');
  });
});

describe('an existing output of any format', () => {
  const frame = createFrame({ width: 32, height: 32 });

  it.each(['jpg', 'png', 'tif', 'webp'])(
    '%s: a link, the permissions and the owner of its target stay',
    async (type) => {
      const [target, link] = [folder.path(`target.${type}`), folder.path(`link.${type}`)];
      writeFileSync(target, 'old');
      chmodSync(target, 0o640);
      const mayGive = process.getuid?.() === 0;
      if (mayGive) chownSync(target, 1234, 2345);
      symlinkSync(`target.${type}`, link);
      await writeFrame(link, frame, {});
      expect(readlinkSync(link)).toBe(`target.${type}`);
      expect(statSync(target)).toMatchObject({ mode: 0o100640, ...(mayGive && { uid: 1234, gid: 2345 }) });
      expect((await sharp(readFileSync(target)).metadata()).width).toBe(32);
    },
  );

  it('stays whole where a TIFF cannot be written', async () => {
    const path = folder.path('whole.tif');
    writeFileSync(path, 'old');
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(writeFrame(path, frame, {}, { signal })).rejects.toThrow('enough');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder.path('.')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('what is lost in a format', () => {
  const size = { width: 100, height: 100, channels: 3, depth: 16 } as const;
  const field = (tag: number): TiffField => ({ tag, type: 1, count: 1, data: Buffer.alloc(1) });
  const metadata: ImageMetadata = {
    tiffFields: [33_550, 34_735, 42_112, 42_113, 50_844, 338, 65_000].map(field),
    iptc: Buffer.alloc(1),
    xmp: Buffer.alloc(70_000),
    resolution: { x: 1, y: 1, unit: 'inch' },
    pngChunks: [Buffer.alloc(4)],
    jpegComments: [],
  };
  const fields = [
    'the georeference (CRS, transform)',
    'the RPC camera model',
    'the nodata value',
    'metadata of GDAL (band names, scales)',
    'TIFF tags 65000',
  ];

  it('is said by name, and nothing is said of what is kept', () => {
    expect(lostIn('tiff', { ...metadata, pngChunks: [] }, { ...size, white: 4095, rgb: [[2, 1, 0]] })).toEqual([]);
    expect(lostIn('png', metadata, size)).toEqual([...fields, 'IPTC']);
    expect(lostIn('webp', metadata, size)).toEqual([...fields, 'IPTC', 'the resolution', 'texts and colours of PNG']);
    const ofJpeg = [...fields, 'texts and colours of PNG', 'XMP, which is too long'];
    expect(lostIn('jpeg', metadata, size)).toEqual(ofJpeg);
    expect(lostIn('png', {}, { ...size, white: 4095 })).toEqual(['the white level 4095']);
    expect(lostIn('png', {}, { ...size, rgb: [[2, 1, 0]] })).toEqual(['which bands are not red, green and blue']);
    expect(lostIn('png', {}, size)).toEqual([]);
    expect(lostIn('fits', metadata, size)).not.toContain('the nodata value');
    expect(lostIn('fits', metadata, { ...size, depth: 32 })).toContain('the nodata value');
    expect(lostIn('tiff', { hasMask: true }, size)).toEqual([]);
    expect(lostIn('png', { hasMask: true }, size)).toEqual(['the mask of missing pixels']);
  });
});
