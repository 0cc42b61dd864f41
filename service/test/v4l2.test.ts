import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tiffHeader } from '../lib/drivers/plain-tiff.js';

const ROOT = join(import.meta.dirname, '../..');
const SIZE = { width: 32, height: 24 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perifocal-v4l2-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('tiffHeader', () => {
  it.each([1, 3] as const)('makes a TIFF of %i channels that libvips reads back', async (channels) => {
    const data = Uint8Array.from({ length: 32 * 24 * channels }, (_, i) => (i * 7919) % 251);
    const path = join(folder, 'frame.tif');
    await writeFile(path, Buffer.concat([tiffHeader({ data, ...SIZE, channels }), data]));
    const image = sharp(path).toColourspace(channels === 1 ? 'b-w' : 'srgb');
    const read = await image.raw().toBuffer({ resolveWithObject: true });
    expect(read.info).toMatchObject({ ...SIZE, channels });
    expect(new Uint8Array(read.data)).toEqual(data);
  });
});

/** The shim of the library's own tests. */
function makeShim(): boolean {
  if (!existsSync('/usr/include/linux/videodev2.h')) return false;
  try {
    const source = join(ROOT, 'test/support/video-shim.c');
    execFileSync('gcc', ['-shared', '-fPIC', '-o', join(folder, 'shim.so'), source, '-ldl'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

const CHILD = `
import { openDriver } from ${JSON.stringify(join(ROOT, 'service/dist/drivers/open.js'))};
import { realIo } from ${JSON.stringify(join(ROOT, 'service/dist/io.js'))};
const [device, path, coding] = process.argv.slice(1);
const options = { driver: 'v4l2', device, width: 32, height: 24, coding, skip: 0, frameSeconds: 0.5 };
const driver = openDriver(realIo(), 'nadir', options, null);
const sink = { path, mostBytes: 1e6 };
try {
  const { settle, ...facts } = await driver.acquire({ captureId: 'x', params: {} }, sink, new AbortController().signal);
  console.log(JSON.stringify({ facts, health: driver.health() }));
} catch ({ code, message }) {
  console.log(JSON.stringify({ code, message, health: driver.health() }));
}`;

/** What a driver says that has this camera. */
async function acquired(way: string, coding: string, content: Uint8Array) {
  const [camera, frame] = [join(folder, 'camera'), join(folder, 'frame')];
  const buffer = Buffer.alloc(8192);
  buffer.set(content);
  await writeFile(camera, Buffer.concat([buffer, buffer]));
  const env = {
    LD_PRELOAD: join(folder, 'shim.so'),
    VIDEO_SHIM: way,
    VIDEO_SHIM_BYTES: String(content.length),
    VIDEO_SHIM_LENGTH: '8192',
    VIDEO_SHIM_PADDING: '0',
  };
  const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD, camera, frame, coding], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  return { ...JSON.parse(text), frame };
}

describe('v4l2', () => {
  it('stores a JPEG as it comes, and grey as a TIFF', async ({ skip }) => {
    if (!makeShim()) return skip();
    const pixels = Uint8Array.from({ length: 32 * 24 }, (_, i) => (i * 7919) % 251);
    const jpeg = await sharp(pixels, { raw: { ...SIZE, channels: 1 } })
      .jpeg()
      .toBuffer();
    const first = await acquired('well', 'MJPG', jpeg);
    expect(first.facts).toMatchObject({ mime: 'image/jpeg', ...SIZE, acquiredAt: expect.any(Number) });
    expect(await readFile(first.frame)).toEqual(jpeg);
    await rm(first.frame);
    const second = await acquired('well', 'GREY', pixels);
    expect(second).toMatchObject({ facts: { mime: 'image/tiff', ...SIZE }, health: { healthy: true } });
    expect(new Uint8Array(await sharp(second.frame).toColourspace('b-w').raw().toBuffer())).toEqual(pixels);
  });

  it('says what is wrong with the camera', async ({ skip }) => {
    if (!makeShim()) return skip();
    const busy = await acquired('busy', 'MJPG', new Uint8Array(100));
    expect(busy).toMatchObject({ code: 'CAMERA', message: expect.stringContaining('another program uses it') });
    expect(busy.health).toMatchObject({ healthy: false });
    const half = await acquired(
      'well',
      'MJPG',
      Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, ...new Array(100).fill(0)),
    );
    expect(half).toMatchObject({ code: 'CAMERA', message: expect.stringMatching(/part of a frame|no frame/) });
  });
});
