import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { metrics } from '../../lib/index.js';
import type { AnyFrame } from '../../lib/index.js';
import { createFrame } from '../support/frames.js';

const PYTHON = '/usr/bin/python3';
const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const MODELS = {
  niqe: pathOf('../../models/metrics/niqe.json'),
  eoNiqe: pathOf('../../models/metrics/eo-niqe.json'),
  brisque: pathOf('../../models/metrics/brisque.json'),
};
const DATA = fileURLToPath(new URL('../../../shared/data/eo/', import.meta.url));
const hasScikit = spawnSync(PYTHON, ['-c', 'import skimage'], { stdio: 'ignore' }).status === 0;

const toFloats = (frame: AnyFrame): AnyFrame => ({
  ...frame,
  depth: 32,
  data: Float32Array.from(frame.data, (value) => value / 255),
});
const portable = ({ data, ...size }: AnyFrame): object => ({ ...size, data: Array.from(data) });

/** What another implementation finds. */
function ask(script: string, request: object): Record<string, number> {
  const { stdout, stderr, status } = spawnSync(PYTHON, [pathOf(`../support/${script}`)], {
    input: JSON.stringify(request),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, number>;
}

const askOracle = (
  frame: AnyFrame,
  reference: AnyFrame,
  names: readonly string[],
  range: number,
  valid: Uint8Array | null = null,
): Record<string, number> =>
  ask('metrics-oracle.py', {
    frame: portable(frame),
    reference: portable(reference),
    metrics: names,
    range,
    valid: valid && [...valid],
  });

/** Two frames that differ by noise, one with the waves of the other. */
function createPair(width: number, height: number, channels: number, depth: 8 | 16): [AnyFrame, AnyFrame] {
  return [
    // No alpha is 0, which would say that a pixel is missing.
    createFrame({ width, height, channels, depth, seed: 1, range: [0.01, 1] }),
    createFrame({ width, height, channels, depth, seed: 2, range: [0.05, 0.9] }),
  ];
}

describe.runIf(hasScikit)('scikit-image and scipy', () => {
  it.each([
    [1, 8, 177, 168],
    [3, 8, 400, 390],
    [4, 8, 161, 211],
    [2, 16, 170, 162],
    [3, 16, 163, 201],
  ] as const)(
    'find the same PSNR, SSIM and MS-SSIM with %i channels of %i bits, %ix%i',
    async (channels, depth, width, height) => {
      const [frame, reference] = createPair(width, height, channels, depth);
      const expected = askOracle(frame, reference, ['psnr', 'ssim', 'ssim_pooled', 'ms_ssim'], 2 ** depth - 1);
      const { values } = await metrics.measure(frame, { reference, metrics: ['psnr', 'ssim', 'ssimPooled', 'msSsim'] });
      expect(values.psnr).toBeCloseTo(expected.psnr!, 6);
      expect(values.ssim).toBeCloseTo(expected.ssim!, 8);
      expect(values.ssimPooled).toBeCloseTo(expected.ssim_pooled!, 8);
      expect(values.msSsim).toBeCloseTo(expected.ms_ssim!, 8);
    },
  );

  it.each([1, 3, 4])('find the same PSNR and SSIM of what is not missing, %i channels', async (channels) => {
    const [frame, reference] = createPair(180, 170, channels, 8);
    const valid = Uint8Array.from({ length: 180 * 170 }, (_, pixel) => {
      const [x, y] = [pixel % 180, Math.floor(pixel / 180)];
      return Number(x + y > 90 && pixel % 977 !== 0);
    });
    const expected = askOracle(frame, reference, ['psnr_of_valid', 'ssim_of_whole_windows'], 255, valid);
    expect(await metrics.psnr(frame, reference, { valid })).toBeCloseTo(expected.psnr_of_valid!, 6);
    expect(await metrics.ssim(frame, reference, { valid })).toBeCloseTo(expected.ssim_of_whole_windows!, 8);
  });

  it('find the same for floats, whatever their range is said to be', async () => {
    const [frame, reference] = createPair(180, 164, 3, 8).map(toFloats) as [AnyFrame, AnyFrame];
    for (const range of [1, 0.7]) {
      const expected = askOracle(frame, reference, ['psnr', 'ssim', 'ms_ssim'], range);
      expect(await metrics.psnr(frame, reference, { white: range })).toBeCloseTo(expected.psnr!, 6);
      expect(await metrics.ssim(frame, reference, { white: range })).toBeCloseTo(expected.ssim!, 8);
      expect(await metrics.msSsim(frame, reference, { white: range })).toBeCloseTo(expected.ms_ssim!, 8);
    }
  });

  it('find the same mean of the SSIM of channels', async () => {
    const [frame, reference] = createPair(90, 70, 3, 8);
    const expected = askOracle(frame, reference, ['ssim_of_channels'], 255);
    expect(await metrics.ssim(frame, reference, { colour: 'mean' })).toBeCloseTo(expected.ssim_of_channels!, 8);
  });

  it.each([
    [1, 8],
    [3, 16],
  ] as const)("find the same mean of Sobel's gradient with %i channels of %i bits", async (channels, depth) => {
    const frame = createFrame({ width: 131, height: 77, channels, depth });
    const expected = askOracle(frame, frame, ['edge_sharpness'], 2 ** depth - 1);
    expect(await metrics.edgeSharpness(frame)).toBeCloseTo(expected.edge_sharpness!, 12);
  });

  it.each([
    [3, 8, 300, 200],
    [1, 8, 293, 197],
    [4, 16, 201, 288],
    [2, 8, 96, 192],
  ] as const)(
    'find the same NIQE and BRISQUE with %i channels of %i bits, %ix%i',
    async (channels, depth, width, height) => {
      const frame = createFrame({ width, height, channels, depth, range: [0.1, 0.9] });
      const expected = ask('scene-oracle.py', { frame: portable(frame), models: MODELS });
      const { values } = await metrics.measure(frame, { metrics: ['niqe', 'eoNiqe', 'brisque'] });
      // A shape is found in steps of 0.001: rounding errors may decide between two of them.
      for (const name of ['niqe', 'eoNiqe', 'brisque'] as const)
        expect(Math.abs(values[name]! / expected[name]! - 1)).toBeLessThan(1e-3);
    },
  );

  it.runIf(existsSync(`${DATA}val`)).each(['s2_athens_rgb.png', 's2_sharkbay_rgb.png', 'iss_photo_1742.jpg'])(
    'find the same NIQE and BRISQUE for %s',
    async (name) => {
      const { data, info } = await sharp(`${DATA}val/${name}`, { ignoreIcc: true })
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const frame = { width: info.width, height: info.height, channels: 3, depth: 8, data } as const;
      const expected = ask('scene-oracle.py', { frame: portable(frame), models: MODELS });
      const { values } = await metrics.measure(frame, { metrics: ['niqe', 'eoNiqe', 'brisque'] });
      for (const metric of ['niqe', 'eoNiqe'] as const)
        expect(Math.abs(values[metric]! / expected[metric]! - 1)).toBeLessThan(1e-3);
      expect(values.brisque).toBeCloseTo(expected.brisque!, 1);
    },
  );
});
