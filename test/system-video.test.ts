import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { captureVideo } from '../lib/system/index.js';
import type { VideoOptions } from '../lib/system/index.js';
import { runNode } from './support/run-child.js';

const folder = mkdtempSync(join(tmpdir(), 'perifocal-video-'));
const shim = join(folder, 'shim.so');
const camera = join(folder, 'camera');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whether the shim could be compiled. */
const canShim = ((): boolean => {
  if (process.platform !== 'linux' || !existsSync('/usr/include/linux/videodev2.h')) return false;
  try {
    const source = join(import.meta.dirname, 'support/video-shim.c');
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', shim, source, '-ldl'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
})();

interface Scene {
  readonly way: string;
  readonly options?: Partial<VideoOptions> & { readonly abortAfterMs?: number };
  /** What each buffer of the driver shows. */
  readonly content?: Uint8Array;
  readonly bytes?: number;
  readonly padding?: number;
}

const SIZE = { width: 6, height: 4 };
const PAGE = 4096;

/** What a process says of a capture from the camera of the shim. */
async function captured({ way, options, content = new Uint8Array(64), bytes, padding = 0 }: Scene) {
  const buffer = new Uint8Array(PAGE);
  buffer.set(content);
  writeFileSync(camera, Buffer.concat([buffer, buffer]));
  const request = { path: camera, ...SIZE, coding: 'MJPG', timeoutMs: 400, ...options };
  const { stdout, stderr } = await runNode(['test/support/video-child.mjs', JSON.stringify(request)], {
    env: {
      LD_PRELOAD: shim,
      VIDEO_SHIM: way,
      VIDEO_SHIM_BYTES: String(bytes ?? content.length),
      VIDEO_SHIM_LENGTH: String(PAGE),
      VIDEO_SHIM_PADDING: String(padding),
    },
  });
  return { ...JSON.parse(stdout), isStopped: stderr.includes('stopped') };
}

describe.skipIf(!canShim)('captureVideo', () => {
  const jpeg = Uint8Array.of(0xff, 0xd8, 1, 2, 3, 0xff, 0xd9);

  it('gives the bytes of a JPEG, and stops the camera', async () => {
    const frame = { ...SIZE, kind: 'jpeg', data: [...jpeg], sequence: 0, damaged: 0 };
    expect(await captured({ way: 'well', content: jpeg })).toEqual({ frame, isStopped: true });
  });

  it('lets frames go, more than the driver has buffers', async () => {
    const { frame } = await captured({ way: 'well', content: jpeg, options: { skip: 5 } });
    expect(frame.sequence).toBe(5);
  });

  it('gives rows of grey pixels without their padding', async () => {
    const rows = Uint8Array.from({ length: 4 * 9 }, (_, i) => (i % 9 < 6 ? i : 255));
    const { frame } = await captured({ way: 'well', content: rows, padding: 3, options: { coding: 'GREY' } });
    expect(frame.kind).toBe('grey');
    expect(frame.data).toEqual([...rows].filter((_, i) => i % 9 < 6));
  });

  it('gives luma and chroma as red, green and blue', async () => {
    // Black, white and grey; then red and blue of colour bars of 75 %.
    const pairs = [16, 128, 235, 128, 126, 128, 126, 128, 65, 100, 65, 212];
    const row = Uint8Array.from(pairs);
    const content = Uint8Array.from({ length: 48 }, (_, i) => row[i % 12]!);
    const { frame } = await captured({ way: 'well', content, options: { coding: 'YUYV' } });
    const first = frame.data.slice(0, 18);
    const expected = [0, 0, 0, 255, 255, 255, 128, 128, 128, 128, 128, 128, 191, 0, 0, 191, 0, 0];
    for (const [i, value] of expected.entries()) expect(Math.abs(first[i] - value)).toBeLessThanOrEqual(1);
    expect(frame.data.length).toBe(6 * 4 * 3);
  });

  it('takes the next frame after damaged ones', async () => {
    const { frame } = await captured({ way: 'damaged', content: jpeg });
    expect(frame).toMatchObject({ sequence: 2, damaged: 2 });
    expect((await captured({ way: 'late', content: jpeg })).frame.data).toEqual([...jpeg]);
  });

  it.each(['half', 'empty', 'too-long', 'wrong-buffer', 'nothing'])('waits no longer than told: %s', async (way) => {
    const content = new Uint8Array(24);
    const { error, isStopped } = await captured({ way, content, options: { coding: 'GREY' } });
    expect(error).toMatchObject({ code: 'SYSTEM', errno: 'ETIMEDOUT' });
    expect(error.message).toContain('timeoutMs');
    expect(isStopped).toBe(true);
  });

  it.each([
    ['busy', 'EBUSY', 'VIDIOC_S_FMT', 'another program uses it'],
    ['gone', 'ENODEV', 'VIDIOC_DQBUF', 'the camera is gone'],
    ['no-start', 'EIO', 'VIDIOC_STREAMON', 'VIDIOC_STREAMON'],
    ['no-buffers', 'ENOMEM', 'VIDIOC_REQBUFS', 'VIDIOC_REQBUFS'],
  ])('says what has failed and what to do: %s', async (way, errno, call, words) => {
    const { error } = await captured({ way });
    expect(error).toMatchObject({ code: 'SYSTEM', errno, call });
    expect(error.message).toContain(words);
    expect(error.message).toContain(camera);
  });

  it.each([
    ['other-coding', /does not deliver MJPG; it offers YUYV, RGGB/],
    ['other-size', /no such size in MJPG; the nearest is 640x480/],
    ['planes', /planes apart/],
    ['no-video', /captures no video/],
    ['no-stream', /does not stream/],
  ])('refuses a camera that cannot do it, and says what it can: %s', async (way, words) => {
    const { error } = await captured({ way });
    expect(error.code).toBe('ARGUMENT_INVALID');
    expect(error.message).toMatch(words);
  });

  it('ends soon once it is aborted', async () => {
    const options = { timeoutMs: 60_000, abortAfterMs: 100 };
    const { error } = await captured({ way: 'nothing', options });
    expect(error.name).toBe('AbortError');
  });
});

describe('options of captureVideo', () => {
  const refused = (options: object) => captureVideo({ path: '/dev/null', ...SIZE, ...options } as VideoOptions);

  it('names mosaics, deep grey and video', async () => {
    await expect(refused({ coding: 'RGGB' })).rejects.toThrow(/raw mosaic/);
    await expect(refused({ coding: 'BA81' })).rejects.toThrow(/raw mosaic/);
    await expect(refused({ coding: 'Y16' })).rejects.toThrow(/more than 8 bits/);
    await expect(refused({ coding: 'H264' })).rejects.toThrow(/depend on one another/);
    await expect(refused({ coding: 'NV12' })).rejects.toThrow(/one of MJPG, YUYV, GREY for coding/);
  });

  it('says that a file is no camera', async () => {
    await expect(refused({})).rejects.toMatchObject({ code: 'SYSTEM', errno: 'ENOTTY' });
    await expect(refused({ path: '/dev/missing' })).rejects.toMatchObject({ code: 'SYSTEM', errno: 'ENOENT' });
    await expect(refused({ width: 0 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});
