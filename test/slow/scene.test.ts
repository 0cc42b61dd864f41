import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Deconvolver, Restorer, psf } from '../../lib/index.js';
import type { DeconvolveOptions, Frame, Progress, RestoreFileOptions } from '../../lib/index.js';
import { openImage } from '../../lib/image/open-image.js';
import { encodeTiff } from '../../lib/image/tiff/write-frame.js';
import { layoutWindows } from '../../lib/restoration/scene/windows.js';
import { blurScene } from '../support/blur.js';
import { card, fitsFile, valueCard } from '../support/fits-files.js';
import { createFrame, digest } from '../support/frames.js';
import type { FrameOptions } from '../support/frames.js';
import { createFolder, randomModel } from '../support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

const { signal } = new AbortController();
const output = folder.path('windows.tif');
const [part, journal] = [`${output}.part`, `${output}.resume.json`];
afterEach(() => {
  for (const path of [output, part, journal]) rmSync(path, { force: true });
});

const restorer = await Restorer.open({ model: randomModel(1, 4) });

/** A TIFF of waves and noise. */
async function writeScene(
  options: Partial<FrameOptions> & Pick<Frame, 'alpha'>,
  change = (_: Frame): void => {},
): Promise<string> {
  const { alpha, ...size } = options;
  const frame = { ...createFrame({ width: 90, height: 420, ...size }), ...(alpha !== undefined && { alpha }) };
  change(frame);
  const path = folder.path('scene.tif');
  writeFileSync(path, await encodeTiff(frame, frame.data));
  return path;
}

async function readSamples(path: string): Promise<Frame['data']> {
  const source = await openImage(path, { signal });
  return (await source.read(signal)).frame.data as Frame['data'];
}

/** The samples of a file, for a comparison of all at once. */
const digestOf = async (path: string): Promise<string> => digest(await readSamples(path));

describe('windows of a scene', () => {
  it('cover every row once, and read what they need, from rows that fit the grid', () => {
    for (const height of [100, 421, 1000])
      for (const rows of [16, 64, 80]) {
        const rule = { before: 48, after: 44, fade: 12 };
        const windows = layoutWindows(height, rows, rule);
        expect(windows.map(({ top }) => top)).toEqual(windows.map((_, index) => index * rows));
        expect(windows.at(-1)!.end).toBe(height);
        for (const { top, end, carry, read } of windows) {
          const last = read.top + read.count;
          expect(read.top % 4).toBe(0);
          expect(last % 4 === 0 || last === height).toBe(true);
          expect(read.top).toBeLessThanOrEqual(Math.max(0, top - rule.before));
          expect(last).toBeGreaterThanOrEqual(Math.min(height, end + carry + rule.after));
        }
      }
  });
});

describe('a scene restored window by window by the network', () => {
  it.each([
    ['8 bits, RGB', { depth: 8, channels: 3 }],
    ['16 bits, RGB', { depth: 16, channels: 3 }],
    ['16 bits, 4 bands', { depth: 16, channels: 4, alpha: false, width: 40, height: 330 }],
    ['16 bits, RGB and alpha', { depth: 16, channels: 4, alpha: true }],
    ['16 bits of a small range', { depth: 16, channels: 1, range: [0, 0.05] }],
  ] as const)('has the bytes of the whole frame: %s', async (_, size) => {
    const input = await writeScene(size);
    const whole = await restorer.restore(input);
    for (const windowRows of [64, 128]) {
      const { report } = await restorer.restoreFile(input, output, { windowRows });
      expect(report.scene).toMatchObject({
        rows: windowRows,
        windows: Math.ceil(whole.height / windowRows),
        fromRow: 0,
      });
      expect(report).toMatchObject({ white: whole.report.white, whiteFrom: whole.report.whiteFrom });
      expect(await digestOf(output)).toBe(digest(whole.data));
      expect(existsSync(part) || existsSync(journal)).toBe(false);
    }
  });

  it('has them also where pixels are missing, across windows and beyond them', async () => {
    const isHole = (x: number, y: number): boolean => x + y / 4 < 40 || (y > 250 && y < 275) || (y > 500 && x > 60);
    const input = await writeScene({ width: 80, height: 700, depth: 16, channels: 1 }, ({ data, width }) => {
      data.forEach((_, at) => {
        if (isHole(at % width, Math.floor(at / width))) data[at] = 0;
      });
    });
    const whole = await restorer.restore(input, { nodata: 0 });
    const { report } = await restorer.restoreFile(input, output, { nodata: 0, windowRows: 128 });
    expect(report.missingPixels).toBe(whole.report.missingPixels);
    expect(await digestOf(output)).toBe(digest(whole.data));
  });

  it('does so with all passes of an ensemble', async () => {
    const ensemble = await Restorer.open({ model: randomModel(1, 4), ensemble: 4 });
    const input = await writeScene({ width: 40, height: 330 });
    const whole = await ensemble.restore(input);
    await ensemble.restoreFile(input, output, { windowRows: 64 });
    expect(await digestOf(output)).toBe(digest(whole.data));
  });

  it('is written as Cloud Optimized GeoTIFF like the whole frame', async () => {
    const input = await writeScene({ height: 1100, depth: 16 });
    await restorer.restoreFile(input, folder.path('whole.tif'), { cog: true });
    await restorer.restoreFile(input, output, { cog: true, windowRows: 512 });
    expect(readFileSync(output)).toEqual(readFileSync(folder.path('whole.tif')));
    expect(existsSync(part) || existsSync(journal)).toBe(false);
  });

  it('has its samples in the file alone', async () => {
    const result = await restorer.restoreFile(await writeScene({}), output, { windowRows: 64 });
    expect(result).toMatchObject({ width: 90, height: 420, channels: 3, depth: 8 });
    expect(() => result.data).toThrow(/samples are in its file/);
  });

  it('is refused for formats that are not written row by row', async () => {
    const run = restorer.restoreFile(await writeScene({}), folder.path('refused.png'), { windowRows: 64 });
    await expect(run).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});

describe('a scene deconvolved window by window', () => {
  const kernel = psf.disk(2);
  const { blurred } = blurScene({ width: 200, height: 600, kernel, noise: 0.004 });
  const input = folder.path('blurred.tif');
  beforeAll(async () => writeFileSync(input, await encodeTiff(blurred, blurred.data)));

  it.each<[string, Partial<DeconvolveOptions>, number]>([
    ['hyper-laplacian', { sigma: 0.004 }, 0.002],
    ['wiener', { nsr: 0.01, prior: 'gradient' }, 0],
    ['richardson-lucy', { iterations: 20 }, 0],
  ])('with %s is what the whole frame is', async (method, options, mostOthers) => {
    await using deconvolver = await Deconvolver.open({
      psf: kernel,
      method,
      ...options,
      memory: '1GB',
    } as DeconvolveOptions);
    const whole = await deconvolver.restore(input);
    const { report } = await deconvolver.restoreFile(input, output, { windowRows: 128 });
    expect(report.scene!.windows).toBeGreaterThan(3);
    expect(report.iterations).toBe(whole.report.iterations);
    expect(Math.abs(report.sigma / whole.report.sigma - 1)).toBeLessThan(0.05);
    const samples = await readSamples(output);
    const others = samples.filter((sample, index) => Math.abs(sample - whole.data[index]!) > 1).length;
    expect(others / samples.length).toBeLessThanOrEqual(mostOthers);
  });

  it('finds the noise once for all windows', async () => {
    await using deconvolver = await Deconvolver.open({ psf: kernel, memory: '1GB' });
    const { sigma, lambda } = (await deconvolver.restore(input)).report;
    const { report } = await deconvolver.restoreFile(input, output, { windowRows: 128 });
    expect(Math.abs(report.sigma / sigma - 1)).toBeLessThan(0.05);
    expect(Math.abs(report.lambda! / lambda! - 1)).toBeLessThan(0.07);
  });

  it('counts defects that lie in several windows once', async () => {
    const spoilt = { ...blurred, data: blurred.data.slice() };
    const places = Array.from({ length: 30 }, (_, i) => [20 + ((i * 67) % 160), 12 + 19 * i] as const);
    for (const [x, y] of places) spoilt.data[y * 200 + x] = 255;
    for (let y = 0; y < 600; y += 1) spoilt.data[y * 200 + 101] = 0;
    const path = folder.path('spoilt.tif');
    writeFileSync(path, await encodeTiff(spoilt, spoilt.data));
    await using deconvolver = await Deconvolver.open({ psf: kernel, method: 'wiener', memory: '1GB' });
    const { defects: whole } = (await deconvolver.restore(path)).report;
    const { defects } = (await deconvolver.restoreFile(path, output, { windowRows: 128 })).report;
    expect(whole!.hot + whole!.dead).toBeGreaterThan(25);
    expect(whole!.columns).toBe(1);
    expect({ ...defects, share: 0 }).toEqual({ ...whole, share: 0 });
    expect(defects!.share).toBeCloseTo(whole!.share, 6);
  });

  it('finds the noise where there is something, and not where all is missing', async () => {
    const masked = { ...blurred, data: blurred.data.slice() };
    masked.data.fill(0, 0, 200 * 330);
    const path = folder.path('masked.tif');
    writeFileSync(path, await encodeTiff(masked, masked.data));
    await using deconvolver = await Deconvolver.open({ psf: kernel, memory: '1GB' });
    const { sigma } = (await deconvolver.restore(input)).report;
    const { report } = await deconvolver.restoreFile(path, output, { windowRows: 64, nodata: 0 });
    expect(Math.abs(report.sigma / sigma - 1)).toBeLessThan(0.1);
  });

  it('finds the number of iterations once for all windows', async () => {
    await using deconvolver = await Deconvolver.open({ psf: kernel, method: 'richardson-lucy', memory: '1GB' });
    const { report } = await deconvolver.restoreFile(input, output, { windowRows: 128 });
    expect(report).toMatchObject({ stopReason: 'discrepancy' });
    expect(report.iterations).toBeGreaterThan(1);
  });
});

describe('floats of a scene', () => {
  it('that are far below black are warned of, as those of a frame are', async () => {
    const frame = createFrame({ width: 60, height: 300, channels: 1, depth: 16 });
    const data = Float32Array.from(frame.data, (sample, index) => (index > 9000 && index % 9 === 0 ? -4e4 : sample));
    const path = folder.path('floats.tif');
    writeFileSync(path, await encodeTiff({ ...frame, depth: 32 }, data));
    await using deconvolver = await Deconvolver.open({ psf: 'gaussian:0.8', method: 'wiener', threads: 1 });
    const { report } = await deconvolver.restoreFile(path, output, { windowRows: 64 });
    expect(report.warnings.join(' ')).toMatch(/in rows from \d+ on, [\d.]+ % of its samples are far below 0/);
  });
});

describe('a scene in a FITS file', () => {
  const [width, height, bands] = [61, 301, 3];
  const input = folder.path('scene.fits');
  const [target, whole] = [folder.path('windows.fits'), folder.path('whole.fits')];

  /** Sides and cards such that rows begin at any byte of a word, and sums are to be told. */
  function writeFits(bitpix: 8 | 16): void {
    const { data } = createFrame({ width, height, channels: bands, depth: bitpix });
    const plane = (band: number): number[] =>
      Array.from({ length: width * height }, (_, pixel) => data[pixel * bands + band]! >> 1);
    const cards = [valueCard('CRVAL1', 12.5), card("CHECKSUM= '0'"), card("DATASUM = '0'"), card('HISTORY made up')];
    const numbers = [0, 1, 2].flatMap(plane);
    writeFileSync(input, fitsFile({ bitpix, axes: [width, height, bands], numbers, cards }));
  }

  it.each([8, 16] as const)('has the bytes of the whole frame, checksums too: %i bits', async (bitpix) => {
    writeFits(bitpix);
    await restorer.restoreFile(input, whole);
    const { report } = await restorer.restoreFile(input, target, { windowRows: 50 });
    expect(report.scene).toMatchObject({ rows: 50, windows: 7 });
    expect(readFileSync(target)).toEqual(readFileSync(whole));
  });

  it('goes on where a run was interrupted', async () => {
    writeFits(16);
    await restorer.restoreFile(input, whole);
    const controller = new AbortController();
    const onProgress = ({ phase, done }: Progress): void => {
      if (phase === 'restore' && done > 120) controller.abort(new Error('interrupted'));
    };
    const run = restorer.restoreFile(input, target, { windowRows: 50, signal: controller.signal, onProgress });
    await expect(run).rejects.toThrow('interrupted');
    const { report } = await restorer.restoreFile(input, target, { resume: true });
    expect(report.scene).toMatchObject({ fromRow: 100 });
    expect(readFileSync(target)).toEqual(readFileSync(whole));
  });

  it('is a TIFF as well, and the other way round', async () => {
    writeFits(16);
    await restorer.restoreFile(input, output, { windowRows: 64 });
    expect(await digestOf(output)).toBe(digest((await restorer.restore(input)).data));
    await restorer.restoreFile(await writeScene({ depth: 16 }), target, { windowRows: 64 });
    expect(await digestOf(target)).toBe(digest((await restorer.restore(folder.path('scene.tif'))).data));
  });

  it('holds no alpha', async () => {
    const run = restorer.restoreFile(await writeScene({ channels: 4, alpha: true }), target, { windowRows: 64 });
    await expect(run).rejects.toThrow('fits holds no alpha channel');
  });
});

describe('a scene that was interrupted', () => {
  const scene = { width: 64, height: 300, depth: 16 } as const;
  const windowRows = 64;

  /** Ends a run when it has restored some windows. */
  async function interruptAt(input: string, row: number, options: RestoreFileOptions = {}): Promise<void> {
    const controller = new AbortController();
    const onProgress = ({ phase, done }: Progress): void => {
      if (phase === 'restore' && done > row) controller.abort(new Error('interrupted'));
    };
    const run = restorer.restoreFile(input, output, { windowRows, ...options, signal: controller.signal, onProgress });
    await expect(run).rejects.toThrow('interrupted');
  }

  it('goes on where it was, and gives the same file', async () => {
    const input = await writeScene(scene);
    await restorer.restoreFile(input, output, { windowRows });
    const uninterrupted = readFileSync(output);
    rmSync(output);
    await interruptAt(input, 70);
    expect([existsSync(output), existsSync(part), existsSync(journal)]).toEqual([false, true, true]);
    await interruptAt(input, 200, { resume: true });
    writeFileSync(part, Buffer.concat([readFileSync(part), Buffer.alloc(1000, 1)]));
    const { report } = await restorer.restoreFile(input, output, { resume: true });
    expect(report.scene).toMatchObject({ rows: windowRows, fromRow: 192 });
    expect(readFileSync(output)).toEqual(uninterrupted);
    expect([existsSync(part), existsSync(journal)]).toEqual([false, false]);
  });

  it('leaves nothing where nothing was restored', async () => {
    await interruptAt(await writeScene(scene), 0);
    expect([existsSync(output), existsSync(part), existsSync(journal)]).toEqual([false, false, false]);
  });

  it('is not overwritten unasked, and goes on with the same input and options alone', async () => {
    const input = await writeScene(scene);
    await interruptAt(input, 70);
    const rerun = (options: RestoreFileOptions): Promise<unknown> =>
      restorer.restoreFile(input, output, { windowRows, ...options });
    await expect(rerun({})).rejects.toThrow(/left of an earlier run: go on with it/);
    await expect(rerun({ resume: true, nodata: 3 })).rejects.toThrow(/other options of reading or writing/);
    await using other = await Restorer.open({ model: randomModel(1, 4, 2) });
    await expect(other.restoreFile(input, output, { resume: true })).rejects.toThrow(/another model/);
    await writeScene({ ...scene, seed: 8 });
    await expect(rerun({ resume: true })).rejects.toThrow(/another input/);
    writeFileSync(journal, '{"rows":');
    await expect(rerun({ resume: true })).rejects.toThrow(/is damaged; remove both/);
  });

  it('goes on with windows of a deconvolution that pass into one another', async () => {
    const input = await writeScene({ width: 120, height: 500, channels: 1 });
    await using deconvolver = await Deconvolver.open({ psf: 'disk:1', method: 'wiener', memory: '1GB' });
    const run = (options: RestoreFileOptions): Promise<unknown> =>
      deconvolver.restoreFile(input, output, { windowRows: 64, ...options });
    await run({});
    const uninterrupted = readFileSync(output);
    rmSync(output);
    const controller = new AbortController();
    const onProgress = ({ phase, done }: Progress): void => {
      if (phase === 'restore' && done > 200) controller.abort();
    };
    await expect(run({ signal: controller.signal, onProgress })).rejects.toThrow();
    await run({ resume: true });
    expect(readFileSync(output)).toEqual(uninterrupted);
  });
});
