import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArgumentError, IsaError, ModelError, PerifocalError, Restorer } from '../lib/index.js';
import type { Frame, RestoreOptions, RestorerOptions } from '../lib/index.js';
import { loadBinding } from '../lib/runtime/native/loader.js';
import { createFrame } from './support/frames.js';
import { createFolder, randomModel } from './support/models.js';

const model = randomModel(1, 4);
const folder = createFolder();
let restorer: Restorer;
beforeAll(async () => {
  restorer = await Restorer.open({ model });
});
afterAll(async () => {
  await restorer.dispose();
  folder.remove();
});

async function failure(promise: Promise<unknown>): Promise<PerifocalError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PerifocalError);
  return error as PerifocalError;
}

describe('opening a restorer', () => {
  const cases: [string, object, string, RegExp][] = [
    [
      'threads 0',
      { threads: 0 },
      'ARGUMENT_INVALID',
      /^Expected integer between 1 and 3 for threads but received 0 of type number$/,
    ],
    ['4 threads', { threads: 4 }, 'ARGUMENT_INVALID', /between 1 and 3 for threads/],
    ['-1 threads', { threads: -1 }, 'ARGUMENT_INVALID', /received -1/],
    ['NaN threads', { threads: NaN }, 'ARGUMENT_INVALID', /received NaN of type number/],
    ['1.5 threads', { threads: 1.5 }, 'ARGUMENT_INVALID', /received 1.5/],
    ['threads as text', { threads: '2' }, 'ARGUMENT_INVALID', /received '2' of type string/],
    ['a budget of 0', { memory: 0 }, 'ARGUMENT_INVALID', /Expected positive size/],
    ['a negative budget', { memory: -5 }, 'ARGUMENT_INVALID', /received -5/],
    ['a budget of NaN', { memory: NaN }, 'ARGUMENT_INVALID', /received NaN/],
    ['a budget without sense', { memory: 'lots' }, 'ARGUMENT_INVALID', /received 'lots'/],
    ['three passes', { ensemble: 3 }, 'ARGUMENT_INVALID', /Expected one of 1, 2, 4 for ensemble/],
    ['strips of no rows', { stripRows: 0 }, 'ARGUMENT_INVALID', /for stripRows/],
    ['a model of no known type', { model: 5 }, 'ARGUMENT_INVALID', /for model/],
    ['a misspelt option', { thread: 2 }, 'ARGUMENT_INVALID', /Unknown thread in options; known: model/],
    [
      'an unknown algorithm',
      { conv: 'fft' as never },
      'ARGUMENT_INVALID',
      /Expected one of auto, direct, winograd for conv but received 'fft'/,
    ],
    [
      'an unknown instruction set',
      { isa: 'sse9' },
      'ISA_UNAVAILABLE',
      /Unknown instruction set 'sse9'; available: .*scalar/,
    ],
    [
      'an unknown model name',
      { model: 'no-such-model' },
      'MODEL_UNKNOWN',
      /Unknown model 'no-such-model'; packaged models:/,
    ],
    ['a missing model file', { model: './no-such.safetensors' }, 'MODEL_UNREADABLE', /Cannot read the model .*ENOENT/],
    ['a folder as a model', { model: '/' }, 'MODEL_UNREADABLE', /Cannot read the model/],
    ['bytes that are no model', { model: new Uint8Array(100) }, 'MODEL_INVALID', /./],
    ['a truncated model', { model: model.subarray(0, model.length - 7) }, 'MODEL_INVALID', /truncated/],
    [
      'an addon that does not exist',
      { nativeBinding: '/no/such.node' },
      'NATIVE_MISSING',
      /Tried:\n.*\/no\/such\.node/,
    ],
  ];

  it.each(cases)('with %s fails, saying so', async (_, options, code, message) => {
    const error = await failure(Restorer.open({ model, ...options } as RestorerOptions));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('names the file of a bad model', async () => {
    const path = folder.path('damaged.safetensors');
    const bytes = Buffer.from(model);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    const error = await failure(Restorer.open({ model: path }));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(/damaged\.safetensors: sha256/);
  });

  const missing = loadBinding()
    .isas()
    .find(({ supported }) => !supported);
  it.runIf(missing)('with an instruction set that this CPU lacks fails, saying so', async () => {
    const error = await failure(Restorer.open({ model, isa: missing!.name }));
    expect(error).toBeInstanceOf(IsaError);
    expect(error.message).toMatch(/cannot execute the instruction set/);
  });

  it('takes the algorithm of convolutions from PERIFOCAL_CONV, which the option overrides', async () => {
    process.env.PERIFOCAL_CONV = 'direct';
    try {
      await using fromEnvironment = await Restorer.open({ model, isa: 'scalar' });
      expect(new Set(fromEnvironment.convolutions.map(({ algorithm }) => algorithm))).toEqual(new Set(['direct']));
      process.env.PERIFOCAL_CONV = 'fft';
      await using fromOption = await Restorer.open({ model, isa: 'scalar', conv: 'winograd' });
      expect(new Set(fromOption.convolutions.map(({ algorithm }) => algorithm))).toEqual(new Set(['winograd']));
      expect(await failure(Restorer.open({ model }))).toBeInstanceOf(ArgumentError);
    } finally {
      delete process.env.PERIFOCAL_CONV;
    }
  });

  it('takes the instruction set from PERIFOCAL_ISA, which the option overrides', async () => {
    process.env.PERIFOCAL_ISA = 'scalar';
    try {
      await using fromEnvironment = await Restorer.open({ model });
      expect(fromEnvironment.isa).toBe('scalar');
      process.env.PERIFOCAL_ISA = 'sse9';
      await using fromOption = await Restorer.open({ model, isa: 'scalar' });
      expect(fromOption.isa).toBe('scalar');
      expect(await failure(Restorer.open({ model }))).toBeInstanceOf(IsaError);
    } finally {
      delete process.env.PERIFOCAL_ISA;
    }
  });
});

describe('pixels', () => {
  const frame = createFrame({ width: 32, height: 32 });
  const cases: [string, object, RegExp][] = [
    ['too few samples', { data: frame.data.subarray(1) }, /Expected 3072 samples for data but received 3071/],
    ['samples of another type', { data: Array.from(frame.data) }, /Expected Uint8Array/],
    ['8-bit samples declared as 16', { depth: 16 }, /Expected Uint16Array/],
    ['no data', { data: undefined }, /Expected Uint8Array/],
    ['a width of 15', { width: 15 }, /Expected integer between 16 and 65535 for width but received 15/],
    ['a height of 0', { height: 0 }, /for height but received 0/],
    ['an absurd width', { width: 1e9 }, /for width/],
    ['a width of NaN', { width: NaN }, /for width but received NaN/],
    ['a negative height', { height: -32 }, /for height/],
    ['17 channels', { channels: 17 }, /for channels/],
    ['5 channels and samples of fewer', { channels: 5 }, /samples for data/],
    ['12 bits', { depth: 12 }, /for depth/],
  ];

  it.each(cases)('with %s are refused', async (_, change, message) => {
    const error = await failure(restorer.restore({ ...frame, ...change } as Frame));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.message).toMatch(message);
  });

  it.each([null, 5, '', undefined])('that are %j are refused', async (input) => {
    expect(await failure(restorer.restore(input as unknown as Frame))).toBeInstanceOf(ArgumentError);
  });

  it.each<[object, RegExp]>([
    [{ signal: {} }, /AbortSignal/],
    [{ onProgress: 1 }, /Expected function for onProgress/],
    [{ sygnal: 1 }, /Unknown sygnal/],
  ])('with options %j are refused', async (options, message) => {
    expect((await failure(restorer.restore(frame, options as RestoreOptions))).message).toMatch(message);
  });
});

describe('files', () => {
  const encode = (width: number, height: number): Sharp => {
    const { data } = createFrame({ width, height });
    return sharp(data, { raw: { width, height, channels: 3 } });
  };

  it('that are missing, or folders, cannot be read', async () => {
    expect(await failure(restorer.restore(folder.path('missing.jpg')))).toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: expect.stringContaining('ENOENT'),
    });
    expect(await failure(restorer.restore(folder.path('.')))).toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: expect.stringContaining('not a file'),
    });
  });

  const isRoot = process.getuid?.() === 0; // Root may read everything.
  it.skipIf(isRoot)('that may not be read cannot be read', async () => {
    const path = folder.path('secret.png');
    await encode(32, 32).png().toFile(path);
    chmodSync(path, 0);
    expect((await failure(restorer.restore(path))).message).toContain('secret.png');
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['text', Buffer.from('not an image at all')],
    ['random', Buffer.alloc(4096, 0x5a)],
  ])('that are %s are no images', async (_, bytes) => {
    const path = folder.path('fake.jpg');
    writeFileSync(path, bytes);
    expect(await failure(restorer.restore(path))).toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringContaining('fake.jpg'),
    });
    expect((await failure(restorer.restore(bytes))).code).toBe('IMAGE_INVALID');
  });

  it.each(['jpeg', 'png', 'tiff', 'webp'] as const)('of %s that are truncated are damaged', async (format) => {
    const bytes = await encode(200, 160)
      .toFormat(format, format === 'tiff' ? { compression: 'deflate' } : {})
      .toBuffer();
    for (const part of [0.3, 0.6, 0.9]) {
      expect((await failure(restorer.restore(bytes.subarray(0, Math.floor(part * bytes.length))))).code).toBe(
        'IMAGE_INVALID',
      );
    }
  });

  it('of another format, colour space or sample type are refused', async () => {
    const gif = await encode(32, 32).gif().toBuffer();
    expect((await failure(restorer.restore(gif))).message).toMatch(/format gif is none of jpeg, png, tiff, webp/);
    const cmyk = await encode(32, 32).toColourspace('cmyk').jpeg().toBuffer();
    expect((await failure(restorer.restore(cmyk))).message).toMatch(/colour space cmyk/);
  });

  it('that are too small are refused with both sides', async () => {
    const small = await encode(15, 40).png().toBuffer();
    const { code, message } = await failure(restorer.restore(small));
    expect(message).toMatch(/15x40 pixels, each side must be at least 16; give a larger part/);
    expect(code).toBe('IMAGE_UNSUPPORTED');
  });

  it('whose header declares an absurd size are refused by the budget, before anything is decoded', async () => {
    const png = await encode(32, 32).png().toBuffer();
    const header = png.subarray(12, 29); // "IHDR" and its fields; the checksum follows.
    header.writeUInt32BE(60_000, 4);
    header.writeUInt32BE(60_000, 8);
    png.writeUInt32BE(crc32(header), 29);
    expect(await failure(restorer.restore(png))).toMatchObject({ code: 'BUDGET_TOO_SMALL' });
  });

  it('that cannot be written are reported before the work, and nothing is left behind', async () => {
    const input = folder.path('input.png');
    await encode(32, 32).png().toFile(input);
    mkdirSync(folder.path('out/folder.png'), { recursive: true });
    writeFileSync(folder.path('out/file'), '');
    for (const [name, message] of [
      ['out/folder.png', /it is a directory/],
      ['none/out.png', /ENOENT/],
      ['out/file/out.png', /not a directory/i],
      ['out/a.txt', /extension/],
      ['out/noextension', /extension/],
    ] as const) {
      const error = await failure(restorer.restoreFile(input, folder.path(name)));
      expect(error.code).toBe('OUTPUT_UNWRITABLE');
      expect(error.message).toMatch(message);
    }
    expect(readdirSync(folder.path('out')).sort()).toEqual(['file', 'folder.png']);
  });

  it('leave nothing behind when the run is aborted', async () => {
    const input = folder.path('long.png');
    await encode(400, 300).png().toFile(input);
    mkdirSync(folder.path('aborted'));
    const controller = new AbortController();
    const run = restorer.restoreFile(input, folder.path('aborted/out.png'), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(run).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(readdirSync(folder.path('aborted'))).toEqual([]);
  });

  it('stay as they are when they are read', async () => {
    const path = folder.path('untouched.png');
    await encode(32, 32).png().toFile(path);
    const before = readFileSync(path);
    await restorer.restore(path);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});
