import { readFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Deconvolver, PerifocalError, Restorer, stars } from '../lib/index.js';
import type { FrameRestorer, RestorationReport } from '../lib/index.js';
import { writeFrame } from '../lib/image/encode.js';
import type { TiffFormOptions } from '../lib/image/tiff/form.js';
import { openImage } from '../lib/image/open-image.js';
import { createFrame } from './support/frames.js';
import { createFolder, randomModel, writeRandomModel } from './support/models.js';
import { runNode } from './support/run-child.js';

/** Both ends of every operation that has them, and of every format, with bits that flip between memory and disk. */

const folder = createFolder();
const frame = createFrame({ width: 40, height: 36 });
const INPUTS = ['tif', 'fits', 'png', 'jpg', 'webp'] as const;
const OUTPUTS = [...INPUTS, 'cog.tif'] as const;
const inputOf = (format: string): string => folder.path(`input.${format}`);

let handles: FileHandle;
beforeAll(async () => {
  const probe = await openFile(import.meta.filename);
  handles = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  for (const format of INPUTS) await writeFrame(inputOf(format), frame, {});
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => folder.remove());

/** Less is read of every file to see what it is, not of a picture. */
const LEAST_READ_BYTES = 200;

interface Flips {
  /** Pieces that have gone by, and whether the one that was to be struck was among them. */
  count: number;
}

function flip(bytes: Uint8Array): void {
  bytes[bytes.length >> 1]! ^= 0x10;
}

/** Flips a bit of a piece that is written to files from now on. @param number of the piece, from 0 */
function flipWriting(number: number): Flips {
  const flips = { count: 0 };
  const write = handles.write as (...asked: unknown[]) => Promise<unknown>;
  vi.spyOn(handles, 'write').mockImplementation(async function (this: FileHandle, ...asked: unknown[]) {
    const [bytes, offset, length] = asked as [Uint8Array, number | undefined, number | undefined];
    const piece = bytes.slice(offset ?? 0, (offset ?? 0) + (length ?? bytes.length));
    if (flips.count++ === number) flip(piece);
    return (await write.call(this, piece, 0, piece.length, asked[3])) as never;
  });
  const writeFile = handles.writeFile as (bytes: unknown) => Promise<void>;
  vi.spyOn(handles, 'writeFile').mockImplementation(async function (this: FileHandle, bytes: unknown) {
    const piece = Uint8Array.from(bytes as Uint8Array);
    if (flips.count++ === number) flip(piece);
    await writeFile.call(this, piece);
  });
  return flips;
}

/**
 * What is compared of a written file: all bytes, but the samples of a COG, whose tiles were in a temporary file before:
 * some bits there, of a checksum that nobody reads, change no sample.
 */
async function readWritten(path: string): Promise<NodeJS.TypedArray> {
  if (!path.endsWith('cog.tif')) return readFileSync(path);
  const { signal } = new AbortController();
  return (await (await openImage(path, { signal })).read(signal)).frame.data;
}

/** Flips a bit of a piece that is read from files from now on. */
function flipReading(number: number): Flips {
  const flips = { count: 0 };
  const read = handles.read as (...asked: unknown[]) => Promise<{ readonly bytesRead: number }>;
  vi.spyOn(handles, 'read').mockImplementation(async function (this: FileHandle, ...asked: unknown[]) {
    const result = await read.apply(this, asked);
    const [bytes, offset] = asked as [Uint8Array, number | undefined];
    const piece = bytes.subarray(offset ?? 0, (offset ?? 0) + result.bytesRead);
    if (piece.length >= LEAST_READ_BYTES && flips.count++ === number) flip(piece);
    return result as never;
  });
  return flips;
}

/** An operation whose ends are checked. */
interface Opened {
  /** The samples that are given, and how many readings differed. */
  readonly read: (input: string) => Promise<readonly [NodeJS.TypedArray, number]>;
  /** How many writings differed. */
  readonly write: (input: string, output: string, form: TiffFormOptions) => Promise<number>;
  readonly dispose: () => Promise<void>;
}

function ofRestorer(restorer: FrameRestorer<RestorationReport>): Opened {
  return {
    read: async (input) => {
      const { data, report } = await restorer.restore(input);
      return [data, report.ends!.differentReadings];
    },
    write: async (...files) => (await restorer.restoreFile(...files)).report.ends!.differentWritings,
    dispose: () => restorer.dispose(),
  };
}

const OPERATIONS: Record<string, () => Promise<Opened>> = {
  restore: async () =>
    ofRestorer(await Restorer.open({ model: randomModel(1, 4), conv: 'direct', integrity: 'full', threads: 1 })),
  deconvolve: async () => ofRestorer(await Deconvolver.open({ psf: 'disk:2', integrity: 'full', threads: 1 })),
  stars: async () => {
    const restore = (input: string) => stars.restoreStars(input, { motion: 'none', integrity: 'full', threads: 1 });
    return {
      read: async (input) => {
        const { frame: restored, report } = await restore(input);
        return [restored.data, report.ends!.differentReadings];
      },
      write: async (input, output, form) => (await (await restore(input)).writeTo(output, form)) - 1,
      dispose: async () => {},
    };
  },
};

/** What the command line needs beside `--integrity`. */
const FLAGS: Record<string, () => string[]> = {
  restore: () => ['--model', writeRandomModel(folder.path('tiny.safetensors'), 1, 4)],
  deconvolve: () => ['--psf', 'disk:2'],
  stars: () => ['--motion', 'none'],
};

describe.each(Object.keys(OPERATIONS))('%s', (operation) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await OPERATIONS[operation]!();
  });
  afterAll(async () => await opened.dispose());

  it.each(INPUTS)('takes no flipped bit that it has read: %s', async (format) => {
    const [expected] = await opened.read(inputOf(format));
    let healed = 0;
    for (let number = 0; ; number++) {
      const flips = flipReading(number);
      const outcome = await opened.read(inputOf(format)).catch((error: unknown) => error);
      vi.restoreAllMocks();
      if (flips.count <= number) break;
      // What a header says is an error where it is opened.
      if (outcome instanceof PerifocalError) continue;
      const [data, differences] = outcome as Awaited<ReturnType<Opened['read']>>;
      expect(data, `piece ${number}`).toEqual(expected);
      healed += differences;
    }
    expect(healed).toBeGreaterThan(0);
  });

  it.each(OUTPUTS)('leaves no flipped bit that it has written: %s', async (format) => {
    const output = folder.path(`${operation}.${format}`);
    const options = format === 'cog.tif' ? { cog: true, tileSize: 16 } : {};
    const write = (): Promise<number> => opened.write(inputOf('png'), output, options);
    expect(await write()).toBe(0);
    const expected = await readWritten(output);
    let found = 0;
    for (let number = 0; ; number++) {
      const flips = flipWriting(number);
      found += await write();
      vi.restoreAllMocks();
      expect(await readWritten(output), `piece ${number}`).toEqual(expected);
      if (flips.count <= number) break;
    }
    expect(found).toBeGreaterThan(0);
  });

  it('does so on the command line', async () => {
    const common = ['--integrity', 'full', '--threads', '1', '--json', ...FLAGS[operation]!()];
    const { stdout, stderr, code } = await runNode([
      'dist/cli/main.js',
      ...[operation, ...INPUTS.map(inputOf), '-o', folder.path(`cli-${operation}/`), ...common],
    ]);
    // Of frames without stars, stars warns.
    expect(code, stderr).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines.length).toBe(INPUTS.length);
    for (const line of lines)
      expect(JSON.parse(line).report.ends).toEqual({ differentReadings: 0, differentWritings: 0 });
  });
});
