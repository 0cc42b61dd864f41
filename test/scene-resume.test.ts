import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Restorer } from '../lib/index.js';
import type { Frame, Progress, RestoreFileOptions } from '../lib/index.js';
import { encodeTiff } from '../lib/image/tiff/write-frame.js';
import type { Journal } from '../lib/restoration/scene/journal.js';
import { card, fitsFile, valueCard } from './support/fits-files.js';
import { createFrame } from './support/frames.js';
import { createFolder, randomModel } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

const [width, height] = [40, 300];
const outputs = { tiff: folder.path('out.tif'), fits: folder.path('out.fits') };
const input = folder.path('scene.tif');
const mask = `${input}.msk`;
afterEach(() => {
  for (const path of [...Object.values(outputs).flatMap((one) => [one, `${one}.part`, `${one}.resume.json`]), mask])
    rmSync(path, { force: true });
});

const restorer = await Restorer.open({ model: randomModel(1, 4), threads: 1 });
const windows = await Restorer.open({ model: randomModel(1, 4), threads: 1, ensemble: 2 });

const frame = createFrame({ width, height, channels: 1, depth: 16 });
writeFileSync(input, await encodeTiff(frame, frame.data));

async function writeMask(path: string, missingRow: number): Promise<void> {
  const data = new Uint8Array(width * height).fill(255);
  data.fill(0, missingRow * width, (missingRow + 1) * width);
  const plane: Frame = { width, height, channels: 1, depth: 8, data };
  writeFileSync(path, await encodeTiff(plane, data));
}

/** Ends a run when it has restored some rows. */
async function interrupt(from: string, output: string, options: RestoreFileOptions, by = restorer): Promise<void> {
  const controller = new AbortController();
  const onProgress = ({ phase, done }: Progress): void => {
    if (phase === 'restore' && done > 200) controller.abort(new Error('interrupted'));
  };
  const asked = { ...options, windowRows: 64, signal: controller.signal, onProgress };
  await expect(by.restoreFile(from, output, asked)).rejects.toThrow('interrupted');
}

function readWindows(output: string): Journal['windows'] {
  return (JSON.parse(readFileSync(`${output}.resume.json`, 'utf8')) as Journal).windows;
}

function flip(path: string, position: number): void {
  const bytes = readFileSync(path);
  bytes[position]! ^= 8;
  writeFileSync(path, bytes);
}

/** A FITS of three bands with sums, whose rows begin at any byte of a word. */
function writeFits(path: string): string {
  const samples = createFrame({ width: 41, height, channels: 3, depth: 8 }).data;
  const numbers = [0, 1, 2].flatMap((band) => Array.from(samples.filter((_, at) => at % 3 === band)));
  const cards = [valueCard('CRVAL1', 12.5), card("CHECKSUM= '0'"), card("DATASUM = '0'")];
  writeFileSync(path, fitsFile({ bitpix: 8, axes: [41, height, 3], numbers, cards }));
  return path;
}

describe('a part of a scene that has changed since it was written', () => {
  interface Kind {
    readonly kind: string;
    readonly output: string;
    readonly from: string;
    readonly by: Restorer;
    readonly options: RestoreFileOptions;
  }
  const kinds: readonly Kind[] = [
    { kind: 'TIFF', output: outputs.tiff, from: input, by: restorer, options: {} },
    { kind: 'windows that overlap', output: outputs.tiff, from: input, by: windows, options: {} },
    { kind: 'tiles of a COG', output: outputs.tiff, from: input, by: restorer, options: { cog: true, tileSize: 16 } },
    { kind: 'FITS of bands', output: outputs.fits, from: writeFits(folder.path('in.fits')), by: restorer, options: {} },
  ];

  it.each(kinds)('is done again from there on: $kind', async ({ output, from, by, options }) => {
    await by.restoreFile(from, output, options.cog ? options : { ...options, windowRows: 64 });
    const expected = readFileSync(output);
    rmSync(output);
    for (const window of [0, 1, 2]) {
      await interrupt(from, output, options, by);
      const found = readWindows(output);
      expect(found.length).toBeGreaterThan(2);
      const [start, length] = found[window]!.seal.runs.at(-1)!;
      flip(`${output}.part`, start + (length >> 1));
      const { report } = await by.restoreFile(from, output, { ...options, resume: true });
      const first = window === 0 ? 0 : found[window - 1]!.mark.nextRow;
      expect(report.scene!.fromRow).toBe(first);
      expect(report.warnings.join()).toMatch(new RegExp(`rows ${first + 1} to ${found[window]!.mark.nextRow} of`));
      expect(readFileSync(output).equals(expected)).toBe(true);
      rmSync(output);
    }
  });

  it('is done again where it has become shorter', async () => {
    await restorer.restoreFile(input, outputs.tiff, { windowRows: 64 });
    const expected = readFileSync(outputs.tiff);
    await interrupt(input, outputs.tiff, {});
    truncateSync(`${outputs.tiff}.part`, readWindows(outputs.tiff)[1]!.mark.position - 1);
    const { report } = await restorer.restoreFile(input, outputs.tiff, { resume: true });
    expect(report.scene!.fromRow).toBe(64);
    expect(readFileSync(outputs.tiff).equals(expected)).toBe(true);
  });

  it('is refused where what is known of it has changed', async () => {
    await interrupt(input, outputs.tiff, {});
    const journal = `${outputs.tiff}.resume.json`;
    const text = readFileSync(journal, 'utf8');
    for (const [was, is] of [
      ['"missingPixels":0', '"missingPixels":7'],
      ['"rows":64', '"rows":32'],
    ] as const) {
      writeFileSync(journal, text.replace(was, is));
      const run = restorer.restoreFile(input, outputs.tiff, { resume: true });
      await expect(run).rejects.toThrow(/resume\.json is damaged; remove both/);
    }
    expect(existsSync(`${outputs.tiff}.part`)).toBe(true);
  });
});

describe('a run that goes on', () => {
  it('needs the mask that lay beside its input', async () => {
    await writeMask(mask, 10);
    await interrupt(input, outputs.tiff, {});
    const rerun = (): Promise<unknown> => restorer.restoreFile(input, outputs.tiff, { resume: true });
    await writeMask(mask, 290);
    await expect(rerun()).rejects.toThrow(/the mask beside the input/);
    rmSync(mask);
    await expect(rerun()).rejects.toThrow(/the mask beside the input/);
    await writeMask(mask, 10);
    await rerun();
  });

  it('needs the mask that was given, wherever it lies', async () => {
    const [one, other] = [folder.path('one.tif'), folder.path('other.tif')];
    await writeMask(one, 10);
    await interrupt(input, outputs.tiff, { mask: one });
    const rerun = (given: RestoreFileOptions['mask']): Promise<unknown> =>
      restorer.restoreFile(input, outputs.tiff, { resume: true, ...(given !== undefined && { mask: given }) });
    await expect(rerun(undefined)).rejects.toThrow(/mask/);
    await writeMask(other, 290);
    await expect(rerun(other)).rejects.toThrow(/mask/);
    await writeMask(other, 10);
    await rerun(other);
  });
});
