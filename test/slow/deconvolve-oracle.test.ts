import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { deconvolve, psf } from '../../lib/index.js';
import type { FloatFrame } from '../../lib/index.js';
import { blurScene, psnrOf } from '../support/blur.js';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('../support/scikit-image.py', import.meta.url));
const hasScikit = spawnSync(PYTHON, ['-c', 'import skimage'], { stdio: 'ignore' }).status === 0;

/** A blurred scene as floats. */
function createFrame(kernel: psf.Psf): FloatFrame {
  const { blurred } = blurScene({ width: 96, height: 80, kernel, noise: 0.003, depth: 16 });
  return { ...blurred, depth: 32, data: Float32Array.from(blurred.data, (value) => 0.02 + (0.96 * value) / 65_535) };
}

function solveByScikit(frame: FloatFrame, kernel: psf.Psf, request: object): FloatFrame {
  const input = JSON.stringify({
    ...request,
    image: Array.from(frame.data),
    width: frame.width,
    height: frame.height,
    psf: Array.from(kernel.data),
    psfWidth: kernel.width,
    psfHeight: kernel.height,
  });
  const { stdout, stderr, status } = spawnSync(PYTHON, [SCRIPT], { input, encoding: 'utf8', maxBuffer: 2 ** 26 });
  expect(status, stderr).toBe(0);
  return { ...frame, data: Float32Array.from(JSON.parse(stdout) as number[]) };
}

const inner =
  (margin: number) =>
  (x: number, y: number): boolean =>
    x >= margin && y >= margin && x < 96 - margin && y < 80 - margin;

describe.runIf(hasScikit)('scikit-image', () => {
  const slanted = psf.fromArray({ width: 5, height: 3, data: [1, 2, 3, 0, 0, 0, 4, 6, 2, 0, 0, 0, 2, 1, 1] });

  it.each([
    ['a disk', psf.disk(2)],
    ['a kernel without symmetry', slanted],
  ])('finds the same by Richardson-Lucy away from the edges, for %s', async (_, kernel) => {
    const frame = createFrame(kernel);
    // It starts from 1/2, and takes what is beyond the edges for black: with each iteration, two kernels reach further
    // in.
    const iterations = 6;
    const flat = { ...frame, data: frame.data.map((value) => value * (0.5 / mean(frame.data))) };
    const ours = await deconvolve(flat, { psf: kernel, method: 'richardson-lucy', acceleration: 'none', iterations });
    const theirs = solveByScikit(flat, kernel, { method: 'richardson-lucy', iterations });
    expect(psnrOf(theirs, ours, inner(2 * 2 * iterations))).toBeGreaterThan(90);
  });

  it('finds the same by Wiener with the Laplacian prior of fourth order', async () => {
    // Its prior is the square of the Laplacian (4 - 2 cos - 2 cos)^2, and it wraps around.
    const frame = createFrame(slanted);
    const theirs = solveByScikit(frame, slanted, { method: 'wiener', balance: 0.02 });
    const ours = wienerByDefinition(frame, slanted, 0.02, (penalty) => penalty ** 2);
    expect(psnrOf(theirs, ours)).toBeGreaterThan(100);
    // The same definition with the gradient prior is what the package has.
    const gradient = wienerByDefinition(frame, slanted, 0.02, (penalty) => penalty);
    const restored = await deconvolve(frame, {
      psf: slanted,
      method: 'wiener',
      prior: 'gradient',
      nsr: 0.02,
      boundary: 'periodic',
    });
    expect(psnrOf(gradient, restored)).toBeGreaterThan(100);
  });
});

function mean(data: Float32Array): number {
  return data.reduce((sum, value) => sum + value, 0) / data.length;
}

/** conj(H) Y / (|H|^2 + nsr prior(4 sin^2 + 4 sin^2)) by sums over all pixels, axis after axis. */
function wienerByDefinition(
  frame: FloatFrame,
  kernel: psf.Psf,
  nsr: number,
  prior: (penalty: number) => number,
): FloatFrame {
  const { width, height } = frame;
  const shifted = new Float64Array(width * height);
  kernel.data.forEach((weight, index) => {
    const x = ((index % kernel.width) - (kernel.width - 1) / 2 + width) % width;
    const y = (Math.floor(index / kernel.width) - (kernel.height - 1) / 2 + height) % height;
    shifted[y * width + x] = weight;
  });
  const [h, y] = [
    transform(shifted, null, width, height, -1),
    transform(Float64Array.from(frame.data), null, width, height, -1),
  ];
  const [re, im] = [new Float64Array(width * height), new Float64Array(width * height)];
  for (let index = 0; index < re.length; index += 1) {
    const [u, v] = [index % width, Math.floor(index / width)];
    const penalty = 4 * Math.sin((Math.PI * u) / width) ** 2 + 4 * Math.sin((Math.PI * v) / height) ** 2;
    const divisor = h.re[index]! ** 2 + h.im[index]! ** 2 + nsr * prior(penalty);
    re[index] = (h.re[index]! * y.re[index]! + h.im[index]! * y.im[index]!) / divisor;
    im[index] = (h.re[index]! * y.im[index]! - h.im[index]! * y.re[index]!) / divisor;
  }
  const found = transform(re, im, width, height, 1);
  return { ...frame, data: Float32Array.from(found.re, (value) => value / (width * height)) };
}

/** The discrete Fourier transform by its definition, rows then columns. */
function transform(
  re: Float64Array,
  im: Float64Array | null,
  width: number,
  height: number,
  sign: number,
): { re: Float64Array; im: Float64Array } {
  let source = { re, im: im ?? new Float64Array(re.length) };
  for (const [count, stride, lines, lineStride] of [
    [width, 1, height, width],
    [height, width, width, 1],
  ] as const) {
    const target = { re: new Float64Array(re.length), im: new Float64Array(re.length) };
    for (let line = 0; line < lines; line += 1) {
      for (let k = 0; k < count; k += 1) {
        let [sumRe, sumIm] = [0, 0];
        for (let n = 0; n < count; n += 1) {
          const phase = (sign * 2 * Math.PI * ((k * n) % count)) / count;
          const index = line * lineStride + n * stride;
          const [cos, sin] = [Math.cos(phase), Math.sin(phase)];
          sumRe += source.re[index]! * cos - source.im[index]! * sin;
          sumIm += source.re[index]! * sin + source.im[index]! * cos;
        }
        target.re[line * lineStride + k * stride] = sumRe;
        target.im[line * lineStride + k * stride] = sumIm;
      }
    }
    source = target;
  }
  return source;
}
