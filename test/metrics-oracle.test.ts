import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { metrics } from '../lib/index.js';
import type { AnyFrame, Channels } from '../lib/index.js';
import { createFrame } from './support/frames.js';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('support/metrics-oracle.py', import.meta.url));
const hasScikit = spawnSync(PYTHON, ['-c', 'import skimage'], { stdio: 'ignore' }).status === 0;

const toFloats = (frame: AnyFrame): AnyFrame => ({ ...frame, depth: 32, data: Float32Array.from(frame.data, (value) => value / 255) });
const portable = ({ data, ...size }: AnyFrame): object => ({ ...size, data: Array.from(data) });

/** What the other implementations find. */
function askOracle(frame: AnyFrame, reference: AnyFrame, names: readonly string[], range: number): Record<string, number> {
  const input = JSON.stringify({ frame: portable(frame), reference: portable(reference), metrics: names, range });
  const { stdout, stderr, status } = spawnSync(PYTHON, [SCRIPT], { input, encoding: 'utf8', maxBuffer: 2 ** 26 });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, number>;
}

/** Two frames that differ by noise, one with the waves of the other. */
function createPair(width: number, height: number, channels: Channels, depth: 8 | 16): [AnyFrame, AnyFrame] {
  return [createFrame({ width, height, channels, depth, seed: 1 }), createFrame({ width, height, channels, depth, seed: 2, range: [0.05, 0.9] })];
}

describe.runIf(hasScikit)('scikit-image and scipy', () => {
  it.each([
    [1, 8, 177, 168], [3, 8, 400, 390], [4, 8, 161, 211], [2, 16, 170, 162], [3, 16, 163, 201],
  ] as const)('find the same PSNR, SSIM and MS-SSIM with %i channels of %i bits, %ix%i', async (channels, depth, width, height) => {
    const [frame, reference] = createPair(width, height, channels, depth);
    const expected = askOracle(frame, reference, ['psnr', 'ssim', 'ssim_pooled', 'ms_ssim'], 2 ** depth - 1);
    const { values } = await metrics.measure(frame, { reference, metrics: ['psnr', 'ssim', 'ssimPooled', 'msSsim'] });
    expect(values.psnr).toBeCloseTo(expected['psnr']!, 6);
    expect(values.ssim).toBeCloseTo(expected['ssim']!, 8);
    expect(values.ssimPooled).toBeCloseTo(expected['ssim_pooled']!, 8);
    expect(values.msSsim).toBeCloseTo(expected['ms_ssim']!, 8);
  });

  it('find the same for floats, whatever their range is said to be', async () => {
    const [frame, reference] = createPair(180, 164, 3, 8).map(toFloats) as [AnyFrame, AnyFrame];
    for (const range of [1, 0.7]) {
      const expected = askOracle(frame, reference, ['psnr', 'ssim', 'ms_ssim'], range);
      expect(await metrics.psnr(frame, reference, { range })).toBeCloseTo(expected['psnr']!, 6);
      expect(await metrics.ssim(frame, reference, { range })).toBeCloseTo(expected['ssim']!, 8);
      expect(await metrics.msSsim(frame, reference, { range })).toBeCloseTo(expected['ms_ssim']!, 8);
    }
  });

  it('find the same mean of the SSIM of channels', async () => {
    const [frame, reference] = createPair(90, 70, 3, 8);
    const expected = askOracle(frame, reference, ['ssim_of_channels'], 255);
    expect(await metrics.ssim(frame, reference, { colour: 'mean' })).toBeCloseTo(expected['ssim_of_channels']!, 8);
  });
});
