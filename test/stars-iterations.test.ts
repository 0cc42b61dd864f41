import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ArgumentError, psf, stars } from '../lib/index.js';
import type { Ensemble } from '../lib/stars/restore/iteration-model.js';
import { transferMagnitude } from '../lib/psf/transfer.js';
import { checkIterationModel, iterationModel } from '../lib/stars/restore/iteration-model.js';
import { evaluate } from '../lib/stars/restore/iterations.js';

const PYTHON = '/usr/bin/python3';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const hasNumpy = spawnSync(PYTHON, ['-c', 'import numpy'], { stdio: 'ignore' }).status === 0;

/** What the trainer's own code predicts. */
function askTrainer(model: Ensemble, queries: number[][]): number[] {
  const { stdout, stderr, status } = spawnSync(PYTHON, ['test/support/iterations-oracle.py'], {
    cwd: ROOT,
    env: { PYTHONPATH: ROOT },
    input: JSON.stringify({ model, queries }),
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as number[];
}

describe.runIf(hasNumpy)('the trainer', () => {
  it.each(['paper', 'networks'] as const)(
    "predicts as the package does, by '%s', within its range and beyond",
    async (kind) => {
      const ensemble = (await iterationModel())[kind];
      const queries = Array.from({ length: 25 }, (_, index) =>
        ensemble.low.map(
          (low, input) => low + (ensemble.high[input]! - low) * (((index * (0.618 + 0.1 * input)) % 1) * 1.4 - 0.2),
        ),
      );
      const expected = askTrainer(ensemble, queries);
      queries.forEach((query, index) => {
        expect(evaluate(ensemble, query)).toBeCloseTo(expected[index]!, 9);
      });
    },
  );

  it('adapts the output layer of networks with several inputs as well', async () => {
    const { paper, networks } = await iterationModel();
    const pairs = Array.from({ length: 30 }, (_, index) =>
      [0, 1, 2, 3, 4].map((input) => (index * (0.37 + 0.1 * input)) % 1),
    );
    const ensemble = { ...networks, pairs, neighbours: 12 };
    const query = ensemble.low.map((low, input) => (low + ensemble.high[input]!) / 2);
    expect(evaluate(ensemble, query)).toBeCloseTo(askTrainer(ensemble, [query])[0]!, 9);
    expect(evaluate({ ...ensemble, neighbours: 0 }, query)).not.toBeCloseTo(evaluate(ensemble, query), 3);
    expect(paper.neighbours).toBeGreaterThan(0);
  });
});

describe('what a kernel passes', () => {
  it('is all of a point, and of a star behind a Gaussian what a wider one has', async () => {
    expect((await stars.kernelFeatures(psf.motion(0, 0), 1)).m).toBeCloseTo(1, 6);
    // Integrals of Gaussians, whose kernel is cut and drawn pixel by pixel: 1 / (2 pi s^2) over all frequencies, and
    // s^2 / (s^2 + t^2) of a star's own.
    const { m, passed } = await stars.kernelFeatures(psf.gaussian(2), 1.5);
    expect(Math.abs(m * 2 * Math.PI * 4 - 1)).toBeLessThan(0.03);
    expect(passed).toBeCloseTo(1.5 ** 2 / (1.5 ** 2 + 2 ** 2), 2);
  });

  it.each([
    [23.4, 33],
    [300, 60],
  ])('of a trail of %f pixels is what its transform by definition tells', async (length, angle) => {
    const kernel = psf.motion(length, angle);
    const magnitude = transferMagnitude(kernel, 256);
    const { m, passed } = await stars.kernelFeatures(kernel, 1.2);
    expect(m).toBeCloseTo(magnitude.reduce((sum, value) => sum + value, 0) / magnitude.length, 6);
    const weights = magnitude.map((_, index) =>
      Math.exp(
        -2 * (Math.PI * 1.2) ** 2 * (((index % 256) / 256 - 0.5) ** 2 + (Math.floor(index / 256) / 256 - 0.5) ** 2),
      ),
    );
    const total = weights.reduce((sum, value) => sum + value, 0);
    expect(passed).toBeCloseTo(magnitude.reduce((sum, value, index) => sum + value * weights[index]!, 0) / total, 6);
  });
});

/** Mean square error of the windows against sharp stars after so many iterations. */
async function errorsOf(
  simulated: stars.SimulatedFrame,
  truth: Float32Array,
  motion: stars.StraightMotion,
  iterations: number | undefined,
): Promise<{ error: number; iterations: number }> {
  const { frame, report } = await stars.restoreStars(simulated.frame, {
    motion,
    electronsPerCount: 1,
    method: 'richardson-lucy',
    ...(iterations !== undefined && { iterations }),
  });
  let [sum, count] = [0, 0];
  for (const { left, top, width, height } of report.windows) {
    for (let y = top; y < top + height; y += 1)
      for (let x = left; x < left + width; x += 1)
        sum += (frame.data[y * frame.width + x]! - truth[y * frame.width + x]!) ** 2;
    count += width * height;
  }
  return { error: sum / count, iterations: report.iterations };
}

describe('predicted iterations', () => {
  it.each([
    [12, 30, 20_000],
    [24, 75, 40_000],
  ])('of a trail of %f pixels at %f degrees lose little to the best', async (length, angle, flux) => {
    const field = { width: 384, height: 384, stars: 6, flux, separationPx: 70, seed: 11 };
    const simulated = stars.simulate({ ...field, motion: { lengthPx: length, angleDegrees: angle } });
    const { electrons } = stars.simulate(field);
    const predicted = await errorsOf(simulated, electrons, { lengthPx: length, angleDegrees: angle }, undefined);
    let best = Infinity;
    for (const part of [0.5, 0.65, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2]) {
      best = Math.min(
        best,
        (
          await errorsOf(
            simulated,
            electrons,
            { lengthPx: length, angleDegrees: angle },
            Math.round(part * predicted.iterations),
          )
        ).error,
      );
    }
    expect(10 * Math.log10(predicted.error / best)).toBeLessThan(0.15);
  });

  it('follow the power law on request, and the SNR by default', async () => {
    const {
      powerLaw: { scale, exponent },
    } = await iterationModel();
    const query = { ...(await stars.kernelFeatures(psf.motion(20, 30), 1)), snr: 100, sigmaPx: 1, sidePx: 64 };
    expect(await stars.predictIterations(query, 'power-law')).toBe(Math.round(scale * query.m ** exponent));
    expect(await stars.predictIterations({ ...query, snr: 30 })).toBeLessThan(
      await stars.predictIterations({ ...query, snr: 300 }),
    );
    expect(await stars.predictIterations(query, 'paper')).toBe(
      await stars.predictIterations({ ...query, snr: 5 }, 'paper'),
    );
  });

  it('refuse what no kernel has', async () => {
    await expect(
      stars.predictIterations({ m: 0, passed: 0.5, snr: 10, sigmaPx: 1, sidePx: 64 }, 'paper'),
    ).rejects.toThrow(ArgumentError);
    await expect(
      stars.predictIterations({ m: 0.5, passed: 0.5, snr: Number.NaN, sigmaPx: 1, sidePx: 64 }),
    ).rejects.toThrow(/snr/);
  });
});

describe('centroids that have converged', () => {
  const motion = { lengthPx: 15, angleDegrees: 20 };
  const { frame } = stars.simulate({
    width: 256,
    height: 256,
    stars: 3,
    flux: 60_000,
    separationPx: 70,
    motion,
    seed: 5,
  });

  it('end Richardson-Lucy in steps of 8, before the most', async () => {
    const { report } = await stars.restoreStars(frame, {
      motion,
      electronsPerCount: 1,
      method: 'richardson-lucy',
      iterations: 'converged',
    });
    expect(report.iterations % 8).toBe(0);
    expect(report.iterations).toBeGreaterThan(8);
    expect(report.iterations).toBeLessThan((await iterationModel()).most);
  });

  it('are for Richardson-Lucy alone', async () => {
    await expect(stars.restoreStars(frame, { motion, iterations: 'converged' })).rejects.toThrow(
      /Only iterations of 'richardson-lucy'/,
    );
  });
});

describe('a model of iterations', () => {
  it.each<[string, (model: Record<string, unknown>) => unknown, RegExp]>([
    ['of another kind', (model) => ({ ...model, kind: 'niqe' }), /no model of kind/],
    ['without a power law', (model) => ({ ...model, powerLaw: null }), /powerLaw/],
    [
      'with a network of another size',
      (model) => ({ ...model, networks: model.paper }),
      /networks has no ranges of 4 inputs/,
    ],
    [
      'with a number that is none',
      (model) => ({ ...model, paper: { ...(model.paper as object), weights: [1, null, 1] } }),
      /paper has not one weight/,
    ],
    [
      'that asks for more pairs than it has',
      (model) => ({ ...model, paper: { ...(model.paper as object), neighbours: 1e6 } }),
      /asks for 1000000 of 100 pairs/,
    ],
    ['that is nothing', () => null, /no model of kind/],
  ])('%s is refused', async (_, change, message) => {
    const model = structuredClone(await iterationModel()) as unknown as Record<string, unknown>;
    expect(() => checkIterationModel(change(model))).toThrow(message);
  });
});
