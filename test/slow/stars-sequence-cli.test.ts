import { readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Envelope } from '../../lib/cli/envelope.js';
import { stars } from '../../lib/index.js';
import { createFolder } from '../support/models.js';
import { perifocal } from '../support/cli.js';

const folder = createFolder();
afterAll(() => folder.remove());

/** 15 degrees, an axis that is off the middle, and a lens that bends. */
const CAMERA = new stars.Camera({
  width: 512,
  height: 384,
  focalPx: 1950,
  principalPoint: [262, 187],
  distortion: [0.02],
});
const EPOCH = 2026;
const FRAMES = 4;
const STEP_DEGREES = 0.2;
const pathOf = (index: number): string => folder.path(`frame-${index}.png`);
const FRAME_PATHS = Array.from({ length: FRAMES }, (_, index) => pathOf(index));
const raOf = (index: number): number => 83 + STEP_DEGREES * index;

/** Pictures of Orion, as the sensor turns. */
beforeAll(async () => {
  const catalogue = await stars.StarCatalogue.packaged();
  for (const [index, path] of FRAME_PATHS.entries()) {
    const matrix = stars.pointingMatrix({ raDegrees: raOf(index), decDegrees: 0 });
    const places = Array.from({ length: 3000 }, (_, star) => star).flatMap((star) => {
      const [x, y, z] = catalogue.direction(star, EPOCH);
      const [a, b, c] = matrix.map((row) => row[0] * x + row[1] * y + row[2] * z) as [number, number, number];
      const place = CAMERA.project([a, b, c]);
      if (place === null || place[0] < 0 || place[1] < 0 || place[0] > 511 || place[1] > 383) return [];
      return [{ x: place[0], y: place[1], flux: 2e6 * 10 ** (-0.4 * catalogue.magnitude(star)) }];
    });
    const { frame } = stars.simulate({ width: 512, height: 384, stars: places, seed: index, bits: 16 });
    await sharp(frame.data as Uint16Array, { raw: { width: 512, height: 384, channels: 1 } })
      .toColourspace('grey16')
      .toFile(path);
  }
});

interface FrameReport {
  readonly identification: {
    readonly status: string;
    readonly mode: string;
    readonly pointing: { readonly raDegrees: number };
    readonly turn: { readonly ratesRadPerSecond: readonly number[] } | null;
    readonly matches: readonly unknown[];
  };
}

const identificationOf = ({ report }: Envelope): FrameReport['identification'] =>
  (report as FrameReport).identification;

describe('perifocal stars --identify of a sequence', () => {
  it('follows attitudes with --interval, and fits the camera with --calibrate, which --camera takes', async () => {
    const camera = folder.path('camera.json');
    const common = ['--method', 'none', '--identify', '--epoch', String(EPOCH), '--interval', '0.5', '--json'];
    const first = await perifocal(['stars', ...FRAME_PATHS, '--fov', '15', '--calibrate', camera, ...common]);
    expect(first.code).toBe(0);
    const fit = first.envelopes().at(-1);
    const frames = first.envelopes().slice(0, -1).map(identificationOf);
    expect(frames.map(({ status }) => status)).toEqual(FRAME_PATHS.map(() => 'solved'));
    expect(frames[0]!.mode).toBe('identified');
    expect(fit).toMatchObject({ input: null, ok: true, output: camera, report: { frames: FRAMES } });
    const fitted = JSON.parse(await readFile(camera, 'utf8')) as stars.CameraOptions & { residualPx: number };
    expect(fitted.focalPx / CAMERA.focalPx).toBeCloseTo(1, 3);
    expect(Math.hypot(fitted.principalPoint![0] - 262, fitted.principalPoint![1] - 187)).toBeLessThan(4);
    expect(fitted.residualPx).toBeLessThan(0.2);

    const again = await perifocal(['stars', ...FRAME_PATHS, '--camera', camera, ...common]);
    const known = again.envelopes().map(identificationOf);
    // The rate is unknown at first, and the sky is searched once more where that leaves too much room.
    expect(known.slice(2).map(({ mode }) => mode)).toEqual(['tracked', 'tracked']);
    const rate = Math.hypot(...known.at(-1)!.turn!.ratesRadPerSecond);
    expect((rate * 180) / Math.PI).toBeCloseTo(STEP_DEGREES / 0.5, 2);
    for (const [index, { pointing, matches }] of known.entries()) {
      expect(pointing.raDegrees).toBeCloseTo(raOf(index), 1);
      expect(matches.length).toBeGreaterThan(10);
    }
  });

  it('says which flags do not go together, and what is wrong with a camera', async () => {
    const run = async (...args: string[]): Promise<string> =>
      (await perifocal(['stars', pathOf(0), '--method', 'none', ...args])).stderr;
    expect(await run('--interval', '1', '--calibrate', 'x.json')).toMatch(
      /--interval, --calibrate belong to --identify/,
    );
    expect(await run('--identify', '--fov', '15', '--camera', 'x.json')).toMatch(/or else --camera/);
    await writeFile(folder.path('small.json'), '{"width":64,"height":64,"focalPx":100}');
    expect(await run('--identify', '--camera', folder.path('small.json'))).toMatch(
      /frames of 64x64, this one is 512x384/,
    );
    await writeFile(folder.path('bad.json'), '{"width":64,"height":64,"focalPx":-1}');
    expect(await run('--identify', '--camera', folder.path('bad.json'))).toMatch(/focalPx.*give JSON with width/);
  });
});
