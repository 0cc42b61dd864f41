import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Arrival, Driver, Intake, Sink } from '../lib/drivers/driver.js';
import { openDriver } from '../lib/drivers/open.js';
import type { DriverOptions } from '../lib/drivers/open.js';
import type { PushDriver } from '../lib/drivers/push.js';
import { realIo } from '../lib/io.js';

const io = realIo();
const SIZE = { width: 32, height: 24 };
const any = { width: null, height: null };
const request = { captureId: 'capture', app: 'app', params: { gain: 3 } };
const never = new AbortController().signal;

let folder: string;
let sink: Sink;
let jpeg: Buffer;
let driver: Driver | null = null;
let camera: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perifocal-drivers-'));
  camera = join(folder, 'camera');
  await mkdir(camera);
  sink = { path: join(folder, 'inbox'), mostBytes: 1_000_000 };
  const pixels = Uint8Array.from({ length: 32 * 24 * 3 }, (_, i) => (i * 7919) % 251);
  jpeg = await sharp(pixels, { raw: { ...SIZE, channels: 3 } })
    .jpeg()
    .toBuffer();
});
afterEach(async () => {
  await driver?.close();
  driver = null;
  await rm(folder, { recursive: true, force: true });
});

function open<D extends Driver>(options: DriverOptions, intake: Intake | null = null): D {
  driver = openDriver(io, 'nadir', options, intake);
  return driver as D;
}

const folderOptions = (): DriverOptions => ({
  driver: 'folder',
  folder: camera,
  rescanSeconds: 0.2,
  stableSeconds: 0.1,
  rejectSeconds: 0.6,
  ...any,
});

/** An intake that says one thing, and remembers what came. */
function intakeOf(answer: 'taken' | 'dropped' | 'later') {
  const arrivals: Arrival[] = [];
  const intake: Intake = async (arrival) => {
    arrivals.push(arrival);
    return answer;
  };
  return { intake, arrivals };
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200 && !(await isTrue()); i += 1) await sleep(25);
  expect(await isTrue()).toBe(true);
}

describe('folder', () => {
  it('takes a file that was renamed in, and removes it once it is durable', async () => {
    const one = open(folderOptions());
    const acquired = one.acquire(request, sink, never);
    await writeFile(join(folder, 'other'), jpeg);
    await rename(join(folder, 'other'), join(camera, '1.jpg'));
    const { settle, ...facts } = await acquired;
    expect(facts).toMatchObject({ mime: 'image/jpeg', ...SIZE });
    expect(await readFile(sink.path)).toEqual(jpeg);
    expect(await readdir(camera)).toEqual(['1.jpg']);
    await settle('capture');
    expect(await readdir(camera)).toEqual([]);
  });

  it('gives a file again that was not kept', async () => {
    const one = open(folderOptions());
    await writeFile(join(camera, '1.jpg'), jpeg);
    await (await one.acquire(request, sink, never)).settle(null);
    const again = await one.acquire(request, { ...sink, path: `${sink.path}2` }, never);
    expect(again.mime).toBe('image/jpeg');
  });

  it('waits for a slow writer, however slow', async () => {
    const one = open(folderOptions());
    const acquired = one.acquire(request, sink, never);
    const path = join(camera, 'slow.jpg');
    for (const part of [0.2, 0.5, 0.9]) {
      await writeFile(path, jpeg.subarray(0, Math.floor(jpeg.length * part)));
      await sleep(300);
    }
    await writeFile(path, jpeg);
    await acquired;
    expect(await readFile(sink.path)).toEqual(jpeg);
  });

  it('puts aside what never becomes a frame, and says so', async () => {
    const one = open(folderOptions());
    await writeFile(join(camera, 'garbage.jpg'), 'this is no picture at all');
    await writeFile(join(camera, 'half.jpg'), jpeg.subarray(0, 400));
    await until(async () => (await readdir(join(camera, 'rejected')).catch(() => [])).length === 2);
    expect(one.health()).toMatchObject({ healthy: true, reason: expect.stringContaining('2 files') });
  });

  it('leaves hidden and unfinished files and folders alone', async () => {
    const { intake, arrivals } = intakeOf('taken');
    open(folderOptions(), intake);
    for (const name of ['.hidden.jpg', 'a.jpg.part', 'b.tmp']) await writeFile(join(camera, name), jpeg);
    await mkdir(join(camera, 'folder.jpg'));
    await writeFile(join(camera, 'c.jpg'), jpeg);
    await until(() => arrivals.length > 0);
    expect(arrivals.map(({ name }) => name)).toEqual(['c.jpg']);
  });

  it('offers unasked frames oldest first; those that must wait, again', async () => {
    const { intake, arrivals } = intakeOf('later');
    open(folderOptions(), intake);
    await writeFile(join(camera, 'z.jpg'), jpeg);
    await sleep(20);
    await writeFile(join(camera, 'a.jpg'), jpeg);
    const names = (): string[] => arrivals.map(({ name }) => name);
    // However often the first one was offered before the second was there.
    await until(() => names().indexOf('a.jpg') > 0 && names().length >= names().indexOf('a.jpg') + 2);
    const first = names().indexOf('a.jpg') - 1;
    expect(names().slice(first, first + 3)).toEqual(['z.jpg', 'a.jpg', 'z.jpg']);
    expect(await readdir(camera)).toEqual(['a.jpg', 'z.jpg']);
  });

  it('removes frames that are dropped', async () => {
    const { intake, arrivals } = intakeOf('dropped');
    open(folderOptions(), intake);
    await writeFile(join(camera, '1.jpg'), jpeg);
    await until(async () => arrivals.length === 1 && (await readdir(camera)).length === 0);
  });

  it('is unhealthy while its folder is missing, and well again afterwards', async () => {
    await rm(camera, { recursive: true });
    const one = open(folderOptions());
    await until(() => !one.health().healthy);
    expect(one.health().reason).toContain(camera);
    await mkdir(camera);
    await until(() => one.health().healthy);
  });
});

const execOptions = (command: readonly string[], rest: object = {}): DriverOptions => ({
  driver: 'exec',
  command,
  output: command.some((word) => word.includes('{path}')) ? 'path' : 'stdout',
  extension: '',
  killSeconds: 0.3,
  limits: { dataBytes: null, cpuSeconds: null, openFiles: null },
  ...any,
  ...rest,
});

describe('exec', () => {
  const source = async (): Promise<string> => {
    const path = join(folder, 'source.jpg');
    await writeFile(path, jpeg);
    return path;
  };

  it('takes what a program writes to its standard output', async () => {
    const one = open(execOptions(['cat', await source()]));
    expect(await one.acquire(request, sink, never)).toMatchObject({ mime: 'image/jpeg', ...SIZE });
    expect(await readFile(sink.path)).toEqual(jpeg);
    expect(one.health()).toEqual({ healthy: true, reason: null });
  });

  it('takes the file that a program writes, by a name with an ending', async () => {
    const one = open(execOptions(['cp', await source(), '{path}'], { extension: '.jpg' }));
    await one.acquire(request, sink, never);
    expect(await readFile(sink.path)).toEqual(jpeg);
    expect(await readdir(folder)).toEqual(['camera', 'inbox', 'source.jpg']);
  });

  it('tells the program what was asked for', async () => {
    const script = `test "$PERIFOCAL_CAPTURE" = capture && test "$PERIFOCAL_PARAMS" = '{"gain":3}' && cat "$0"`;
    const one = open(execOptions(['sh', '-c', script, await source()]));
    expect((await one.acquire(request, sink, never)).mime).toBe('image/jpeg');
  });

  it('says the code and the last words of a program that fails', async () => {
    const one = open(execOptions(['sh', '-c', 'echo lens cap is on >&2; exit 3']));
    const error = { code: 'CAMERA', message: expect.stringMatching(/ended with code 3; it said: lens cap is on/) };
    await expect(one.acquire(request, sink, never)).rejects.toMatchObject(error);
    expect(one.health()).toMatchObject({ healthy: false, reason: expect.stringContaining('lens cap') });
  });

  it('says that there is no such program', async () => {
    const one = open(execOptions(['/no/such/program']));
    await expect(one.acquire(request, sink, never)).rejects.toMatchObject({
      code: 'CAMERA',
      message: expect.stringContaining('/no/such/program'),
    });
  });

  it('ends a program that hangs, and one that ignores it, with their children', async () => {
    const pidFile = join(folder, 'child');
    const inner = `trap "" TERM; echo $$ > ${pidFile}; while :; do sleep 0.05; done`;
    const script = `trap '' TERM; sh -c '${inner}' & wait; wait`;
    const one = open(execOptions(['sh', '-c', script]));
    const controller = new AbortController();
    const acquired = one.acquire(request, sink, controller.signal);
    await until(async () => (await readFile(pidFile, 'utf8').catch(() => '')).endsWith('\n'));
    const pid = Number(await readFile(pidFile, 'utf8'));
    controller.abort(new Error('took too long'));
    await expect(acquired).rejects.toThrow('took too long');
    await until(() =>
      stat(`/proc/${pid}/exe`).then(
        () => false,
        () => true,
      ),
    );
  });

  it('refuses nothing, half a frame, garbage, another size and too many bytes', async () => {
    const path = await source();
    const acquire = async (command: readonly string[], rest: object = {}, mostBytes = 1_000_000) => {
      await driver?.close();
      await rm(sink.path, { force: true });
      const acquired = open(execOptions(command, rest)).acquire(request, { ...sink, mostBytes }, never);
      return acquired.catch((error: Error) => error.message);
    };
    expect(await acquire(['true'])).toMatch(/only a part of a frame.*0 bytes/);
    expect(await acquire(['head', '-c', '400', path])).toMatch(/only a part of a frame/);
    expect(await acquire(['seq', '1000'])).toMatch(/no frame/);
    expect(await acquire(['cat', path], { width: 64, height: 48 })).toMatch(/32x24 pixels, not 64x48/);
    expect(await acquire(['cat', '/dev/zero'])).toMatch(/bytes or more, and 1000000 may come/);
    expect(await acquire(['cp', path, '{path}'], {}, 100)).toMatch(/bytes or more, and 100 may come/);
  });

  it('bounds the memory of a program', async () => {
    const hungry = ['python3', '-c', 'bytearray(400_000_000)'];
    const limits = { dataBytes: 100_000_000, cpuSeconds: null, openFiles: null };
    const one = open(execOptions(hungry, { limits }));
    await expect(one.acquire(request, sink, never)).rejects.toThrow(/MemoryError|ended with code|ended by/);
  });
});

async function* inParts(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 300) yield bytes.subarray(at, at + 300);
}

describe('push', () => {
  const options: DriverOptions = { driver: 'push', ...any };
  const pushed = (bytes: Uint8Array, captureId: string | null = null, signal = never) => ({
    captureId,
    app: null,
    bytes: inParts(bytes),
    signal,
  });

  it('gives a frame to the capture that waits, and answers once that is durable', async () => {
    const one = open<PushDriver>(options);
    const acquired = one.acquire(request, sink, never);
    const answer = one.push(pushed(jpeg));
    const { settle } = await acquired;
    expect(await Promise.race([answer, sleep(50).then(() => 'waits')])).toBe('waits');
    await settle('capture');
    expect(await answer).toBe('capture');
    expect(await readFile(sink.path)).toEqual(jpeg);
  });

  it('refuses a frame that nobody waits for', async () => {
    const one = open<PushDriver>(options);
    await expect(one.push(pushed(jpeg))).rejects.toMatchObject({ code: 'STATE' });
    void one.acquire(request, sink, never).catch(() => {});
    await expect(one.push(pushed(jpeg, 'another'))).rejects.toMatchObject({ code: 'STATE' });
  });

  it('tells a sender to wait when too many frames wait', async () => {
    const one = open<PushDriver>(options, intakeOf('later').intake);
    await expect(one.push(pushed(jpeg))).rejects.toMatchObject({ code: 'QUOTA', retryAfterSeconds: 2 });
  });

  it('tells both sides that a frame was cut off, or is none', async () => {
    const one = open<PushDriver>(options);
    for (const bytes of [jpeg.subarray(0, 500), Buffer.from('no picture at all, really')]) {
      await rm(sink.path, { force: true });
      const acquired = one.acquire(request, sink, never);
      const answers = await Promise.allSettled([one.push(pushed(bytes)), acquired]);
      for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'CAMERA' } });
    }
  });

  it('ends when the sender is gone', async () => {
    const one = open<PushDriver>(options);
    const gone = AbortSignal.abort(new Error('gone'));
    const acquired = one.acquire(request, sink, never);
    const answers = await Promise.allSettled([one.push(pushed(jpeg, null, gone)), acquired]);
    for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected' });
  });
});

describe('replay', () => {
  const options = (rest: object = {}): DriverOptions => ({
    driver: 'replay',
    folder: camera,
    everySeconds: null,
    frames: null,
    ...any,
    ...rest,
  });

  it('plays the files in turn, over and over', async () => {
    for (const name of ['b.jpg', 'a.jpg']) await writeFile(join(camera, name), jpeg);
    const one = open(options());
    for (let i = 0; i < 3; i += 1) {
      const { mime } = await one.acquire(request, { ...sink, path: `${sink.path}${i}` }, never);
      expect(mime).toBe('image/jpeg');
    }
    expect(await readdir(camera)).toEqual(['a.jpg', 'b.jpg']);
  });

  it('gives a frame each time to the intake, so many and no more', async () => {
    const { intake, arrivals } = intakeOf('taken');
    await writeFile(join(camera, 'a.jpg'), jpeg);
    open(options({ everySeconds: 0.05, frames: 3 }), intake);
    await until(() => arrivals.length === 3);
    await sleep(150);
    expect(arrivals.length).toBe(3);
  });

  it('counts frames that nobody wanted, and says that there are none', async () => {
    await writeFile(join(camera, 'a.jpg'), jpeg);
    const one = open(options({ everySeconds: 0.05 }));
    await until(() => (one.health().reason ?? '').includes('nobody wanted'));
    await rm(join(camera, 'a.jpg'));
    await until(() => !one.health().healthy);
    expect(one.health().reason).toContain(camera);
  });
});
