import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { IntegrityError, Restorer } from '../lib/index.js';
import type { AnyFrame, RestorerOptions } from '../lib/index.js';
import { RegularFile } from '../lib/files/read-file.js';
import { writeFrame } from '../lib/image/encode.js';
import { FileSpool } from '../lib/image/write-sink.js';
import { createFrame } from './support/frames.js';
import { createFolder, randomModel } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());
afterEach(() => void vi.restoreAllMocks());

const model = randomModel(1, 4);

/** A frame of floats with samples that are no numbers. */
function createFloats(channels: number): AnyFrame {
  const { data, ...size } = createFrame({ width: 40, height: 36, channels, depth: 16 });
  const floats = Float32Array.from(data, (value, index) => (index % 97 === 0 ? Number.NaN : value / 1000 - 2));
  return { ...size, depth: 32, data: floats };
}

/** Flips one bit in some of what is written to files from now on, the largest pieces. @param writes by their number */
function flipWrites(...writes: number[]): void {
  const write = FileSpool.prototype.write;
  let count = 0;
  vi.spyOn(FileSpool.prototype, 'write').mockImplementation(async function (this: FileSpool, bytes, position) {
    const isHit = bytes.length > 500 && writes.includes(count++);
    const copy = Uint8Array.from(bytes);
    if (isHit) copy[copy.length >> 1]! ^= 0x10;
    await write.call(this, copy, position);
  });
}

/** Flips one bit in some of the parts of files that are read from now on. */
function flipReads(...reads: number[]): void {
  const read = RegularFile.prototype.read;
  let count = 0;
  vi.spyOn(RegularFile.prototype, 'read').mockImplementation(async function (this: RegularFile, ...asked) {
    const bytes = await read.apply(this, asked);
    if (bytes.length > 2000 && reads.includes(count++)) bytes[bytes.length >> 1]! ^= 0x10;
    return bytes;
  });
}

async function writeTiff(name: string, height = 64): Promise<string> {
  const path = folder.path(name);
  const { data, width } = createFrame({ width: 48, height });
  await sharp(data, { raw: { width, height, channels: 3 } })
    .tiff({ compression: 'none' })
    .toFile(path);
  return path;
}

async function open(options: Omit<RestorerOptions, 'fallback'> = {}): Promise<Restorer> {
  return await Restorer.open({ model, conv: 'direct', integrity: 'full', threads: 1, ...options });
}

describe('files that are read back', () => {
  const kinds = (['jpeg', 'webp', 'png', 'tif', 'fits'] as const).flatMap((format) =>
    [8, 16, 32].flatMap((depth) => [1, 2, 3, 4, 5].map((channels) => ({ format, depth, channels }))),
  );
  const holds = ({ format, depth, channels }: (typeof kinds)[number]): boolean => {
    if (format === 'tif') return true;
    if (format === 'fits') return channels % 2 === 1;
    if (depth === 32 || channels > 4) return false;
    return format === 'png' || (depth === 8 && channels % 2 === 1);
  };

  it.each(kinds.filter(holds))('are as they were meant: $format, $depth bits, $channels channels', async (kind) => {
    const { format, depth, channels } = kind;
    const frame =
      depth === 32 ? createFloats(channels) : createFrame({ ...kind, width: 40, height: 36, depth: depth as 8 });
    const path = folder.path(`whole-${depth}-${channels}.${format}`);
    expect(await writeFrame(path, frame, {}, { readBack: true })).toBe(1);
    if (format === 'tif') expect(await writeFrame(path, frame, {}, { readBack: true, cog: true })).toBe(1);
  });

  it.each(['tif', 'fits'])('are written once more where a bit has flipped on the way: %s', async (format) => {
    const frame = createFrame({ width: 40, height: 36 });
    const path = folder.path(`again.${format}`);
    flipWrites(0);
    expect(await writeFrame(path, frame, {}, { readBack: true })).toBe(2);
    vi.restoreAllMocks();
    const plain = folder.path(`plain.${format}`);
    await writeFrame(plain, frame, {});
    expect(readFileSync(path)).toEqual(readFileSync(plain));
  });

  it('are not kept where that does not help', async () => {
    const path = folder.path('never.tif');
    flipWrites(0, 1, 2, 3);
    const frame = createFrame({ width: 40, height: 36 });
    await expect(writeFrame(path, frame, {}, { readBack: true })).rejects.toThrow(IntegrityError);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder.path('.')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('inputs that are read twice', () => {
  it('bring the same frame, with its ends in the report', async () => {
    const input = await writeTiff('input.tif');
    const [one, two] = [folder.path('one.tif'), folder.path('two.tif')];
    await using plain = await open({ integrity: 'off' });
    await using full = await open();
    expect((await plain.restoreFile(input, one)).report).not.toHaveProperty('ends');
    const { report } = await full.restoreFile(input, two);
    expect(report.ends).toEqual({ differentReadings: 0, differentWritings: 0 });
    expect(readFileSync(two)).toEqual(readFileSync(one));
  });

  it('are read a third time where two readings differ', async () => {
    const input = await writeTiff('third.tif');
    await using restorer = await open();
    const { data } = await restorer.restore(input);
    for (const read of [0, 1]) {
      flipReads(read);
      const restored = await restorer.restore(input);
      expect(restored.report.ends).toEqual({ differentReadings: 1, differentWritings: 0 });
      expect(restored.data).toEqual(data);
      vi.restoreAllMocks();
    }
  });

  it('are an error where three readings differ', async () => {
    const input = await writeTiff('differ.tif');
    let flip = 1;
    const read = RegularFile.prototype.read;
    vi.spyOn(RegularFile.prototype, 'read').mockImplementation(async function (this: RegularFile, ...asked) {
      const bytes = await read.apply(this, asked);
      if (bytes.length > 2000) bytes[bytes.length >> 1]! ^= flip++;
      return bytes;
    });
    await using restorer = await open();
    await expect(restorer.restore(input)).rejects.toThrow(/3 readings of .*differ\.tif/);
  });

  it('are in the plan', async () => {
    const png = folder.path('large.png');
    const frame = createFrame({ width: 300, height: 300 });
    await sharp(frame.data, { raw: { width: 300, height: 300, channels: 3 } })
      .png()
      .toFile(png);
    await using full = await open();
    const { report } = await full.restoreFile(png, folder.path('large.tif'));
    expect(report.plan.bytes).toBeLessThanOrEqual(report.plan.budgetBytes);
  });
});

describe('scenes', () => {
  it('are read and written window by window, and checked so', async () => {
    const input = await writeTiff('scene.tif', 280);
    await using plain = await open({ integrity: 'off' });
    await using full = await open();
    for (const name of ['scene-out.tif', 'scene-out.fits']) {
      const [one, two] = [folder.path(`plain-${name}`), folder.path(`full-${name}`)];
      await plain.restoreFile(input, one, { windowRows: 150 });
      const { report } = await full.restoreFile(input, two, { windowRows: 150 });
      expect(report.scene!.windows).toBeGreaterThan(1);
      expect(report.ends).toEqual({ differentReadings: 0, differentWritings: 0 });
      expect(readFileSync(two)).toEqual(readFileSync(one));
    }
    const cog = folder.path('full.cog.tif');
    await full.restoreFile(input, cog, { windowRows: 150, cog: true, tileSize: 16 });
    expect(existsSync(cog)).toBe(true);
  });

  it('leave no window that reads back otherwise, nor those below it', async () => {
    const input = await writeTiff('broken.tif', 280);
    const output = folder.path('broken-out.tif');
    const [part, journal] = [`${output}.part`, `${output}.resume.json`];
    await using full = await open();
    await full.restoreFile(input, output, { windowRows: 150 });
    const expected = readFileSync(output);
    rmSync(output);
    flipWrites(0);
    await expect(full.restoreFile(input, output, { windowRows: 150 })).rejects.toThrow(/reads back otherwise/);
    expect([output, part, journal].some((path) => existsSync(path))).toBe(false);
    flipWrites(2);
    const broken = full.restoreFile(input, output, { windowRows: 150 });
    await expect(broken).rejects.toThrow(/reads back otherwise.*rows 1 to \d+ are whole and stay/);
    expect([output, part, journal].map((path) => existsSync(path))).toEqual([false, true, true]);
    vi.restoreAllMocks();
    const { report } = await full.restoreFile(input, output, { resume: true });
    expect(report.scene!.fromRow).toBeGreaterThan(0);
    expect(readFileSync(output)).toEqual(expected);
  });
});
