import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import type { AnyFrame, Frame } from '../lib/index.js';
import { openImage } from '../lib/image/open-image.js';
import { ownBytes } from '../lib/image/own-bytes.js';
import { createFrame, digest } from './support/frames.js';
import { createFolder } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());
const { signal } = new AbortController();

const pngOf = ({ data, width, height, channels }: Frame): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: channels as 3 } })
    .png()
    .toBuffer();

describe('an image source', () => {
  const frame = createFrame({ width: 40, height: 30 });

  it('of a path, of bytes and of pixels says what it is, and brings the same pixels', async () => {
    const bytes = await pngOf(frame);
    const path = folder.path('same.png');
    writeFileSync(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const header = { width: 40, height: 30, channels: 3, depth: 8 };
    for (const [input, label, format, sum] of [
      [path, path, 'png', sha256],
      [bytes, `image of ${bytes.length} bytes`, 'png', sha256],
      [frame, 'pixels', null, null],
    ] as const) {
      const source = await openImage(input, { signal });
      expect(source).toMatchObject({ label, format, header, isJpeg: false });
      expect(source.sha256).toBe(sum);
      const { frame: read } = await source.read(signal);
      expect(digest(read.data as Uint8Array)).toBe(digest(frame.data));
      await expect(source.read(signal)).rejects.toThrow(/can be read once/);
    }
  });

  it('is refused before it is decoded where its digest is another one', async () => {
    const bytes = await pngOf(frame);
    const right = createHash('sha256').update(bytes).digest('hex');
    await openImage(bytes, { signal, expectSha256: right.toUpperCase() });
    const wrong = 'ab'.repeat(32);
    await expect(openImage(bytes, { signal, expectSha256: wrong })).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringMatching(new RegExp(`${right}, expected was ${wrong}`)),
    });
    await expect(openImage(bytes, { signal, expectSha256: 'ab' })).rejects.toThrow(/64 hexadecimal digits/);
    await expect(openImage(frame, { signal, expectSha256: right })).rejects.toThrow(/Pixels have no file/);
  });

  it('of a file larger than the budget is refused before it is read', async () => {
    const path = folder.path('huge.png');
    writeFileSync(path, '');
    truncateSync(path, 5e12);
    await expect(openImage(path, { signal, budgetBytes: 3e8 })).rejects.toMatchObject({ code: 'BUDGET_TOO_SMALL' });
  });
});

describe('a file that changes', () => {
  it('while it is decoded changes nothing: it was read into memory', async () => {
    const frame = createFrame({ width: 400, height: 300 });
    const path = folder.path('changing.png');
    writeFileSync(path, await pngOf(frame));
    const source = await openImage(path, { signal });
    const reading = source.read(signal);
    truncateSync(path, 0);
    writeFileSync(path, Buffer.alloc(1e6));
    expect(digest((await reading).frame.data as Uint8Array)).toBe(digest(frame.data));
  });

  it('or whose decoding is aborted is not decoded any more once it rejects, and lets the next one be', async () => {
    const frame = createFrame({ width: 1500, height: 1400 });
    const path = folder.path('aborted.png');
    writeFileSync(path, await pngOf(frame));
    const controller = new AbortController();
    const reading = (await openImage(path, { signal })).read(controller.signal);
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(reading).rejects.toThrow('enough');
    expect(sharp.counters()).toEqual({ queue: 0, process: 0 });
    const { frame: read } = await (await openImage(path, { signal })).read(signal);
    expect(digest(read.data as Uint8Array)).toBe(digest(frame.data));
  });
});

describe('what is no file', () => {
  const expectUnreadable = (path: string, reason: RegExp): Promise<void> =>
    expect(openImage(path, { signal })).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: expect.stringMatching(reason),
    });

  it('is refused at once, and called what it is', async () => {
    const fifo = folder.path('fifo.png');
    execFileSync('mkfifo', [fifo]);
    await expectUnreadable(fifo, /^Cannot read .*fifo\.png: it is a named pipe \(FIFO\), not a file$/);
    await expectUnreadable('/dev/zero', /it is a device, not a file/);
    mkdirSync(folder.path('folder.png'));
    await expectUnreadable(folder.path('folder.png'), /it is a folder, not a file/);
    await expectUnreadable(folder.path('missing.png'), /ENOENT/);
    symlinkSync('loop.png', folder.path('loop.png'));
    await expectUnreadable(folder.path('loop.png'), /ELOOP/);
    const socket = folder.path('s.png');
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
    await expectUnreadable(socket, /socket|ENXIO/);
    server.close();
  });

  it.skipIf(process.getuid?.() === 0)('may be a file without permission: the system’s reason is told', async () => {
    const path = folder.path('secret.png');
    writeFileSync(path, await pngOf(createFrame({ width: 20, height: 20 })));
    chmodSync(path, 0);
    await expectUnreadable(path, /EACCES/);
  });
});

describe('pixels of a caller', () => {
  const big = (): Frame => createFrame({ width: 1500, height: 1400 });

  it('are copied: what the caller does to them afterwards changes nothing', async () => {
    for (const shared of [false, true]) {
      const frame = big();
      const memory = shared ? new SharedArrayBuffer(frame.data.length) : new ArrayBuffer(frame.data.length);
      const data = new Uint8Array(memory);
      data.set(frame.data);
      const { frame: read } = await (await openImage({ ...frame, data }, { signal })).read(signal);
      data.fill(0);
      expect(digest(read.data as Uint8Array)).toBe(digest(frame.data));
      expect(read.data.buffer).not.toBe(memory);
    }
  });

  it.each<[string, (frame: AnyFrame) => void]>([
    ['transferred', ({ data }) => structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] })],
    ['shrunk', ({ data }) => (data.buffer as ArrayBuffer & { resize(bytes: number): void }).resize(1000)],
  ])('that are %s before or while they are copied are refused', async (_, change) => {
    for (const isBefore of [true, false]) {
      const frame = big();
      const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
      const memory = new Resizable(frame.data.length, { maxByteLength: frame.data.length });
      const data = new Uint8Array(memory);
      data.set(frame.data);
      const resizable = { ...frame, data };
      const source = await openImage(resizable, { signal });
      if (isBefore) change(resizable);
      const reading = source.read(signal);
      if (!isBefore) change(resizable);
      await expect(reading).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
        message: expect.stringMatching(/The memory of data of input was transferred or resized/),
      });
    }
  });

  it('are those of the array that was checked, whatever the object holds later', async () => {
    const frame = createFrame({ width: 20, height: 20 });
    const input = { ...frame };
    const source = await openImage(input, { signal });
    Object.assign(input, { data: new Uint8Array(1), width: 5000 });
    const { frame: read } = await source.read(signal);
    expect(digest(read.data as Uint8Array)).toBe(digest(frame.data));
    expect(read.width).toBe(20);
  });

  it('stop being copied when the signal aborts', async () => {
    const controller = new AbortController();
    const copying = ownBytes(new Float32Array(8e6), 'data', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(copying).rejects.toThrow('enough');
  });
});
