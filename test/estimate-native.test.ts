import { describe, expect, it } from 'vitest';
import { blur, move, take, toPlanes } from '../bench/estimate-cases.mjs';
import { psf } from '../lib/index.js';
import type { Frame } from '../lib/index.js';
import { loadBinding } from '../lib/runtime/native/loader.js';
import { drawPlane, thin } from '../lib/estimate/motion/spectrum-plane.js';
import { drawCurves } from '../lib/estimate/rings.js';
import { SceneFitter } from '../lib/estimate/scene-fit.js';
import type { SceneFit } from '../lib/estimate/scene-fit.js';
import { modelCurve, modelPlane } from '../lib/estimate/scene-model.js';
import { measureSpectra } from '../lib/estimate/spectra.js';
import type { FrameSpectra } from '../lib/estimate/spectra.js';
import type { OpticsKind, SceneModel } from '../lib/runtime/native/binding.js';
import { Runtime } from '../lib/runtime/runtime.js';
import { Scope } from '../lib/runtime/scope.js';
import { createScene } from '../scripts/scene.mjs';
import { logPower } from './support/reference-scene/optics.js';
import { SceneFitter as PlainFitter } from './support/reference-scene/scene-fit.js';

const binding = loadBinding();
const scopeOf = (threads: number): Scope => new Scope(Runtime.of({ threads }));
const planes = toPlanes({ ...createScene({ width: 420, height: 380, seed: 4 }), channels: 3 });

/** Exponentials and logarithms of two libraries differ by their last bits. */
const TOLERANCE = 1e-9;

async function spectraOf(isMoved: boolean, isJpeg: boolean): Promise<FrameSpectra> {
  const frame = (await take(isMoved ? await move(planes, 9, 35) : await blur(planes, psf.disk(3.3)), {
    noise: 0.003,
    seed: 3,
  })) as Frame;
  return (await measureSpectra(scopeOf(2), { frame, isJpeg, valid: null })) as FrameSpectra;
}

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number, name: string): void {
  expect(found).toHaveLength(wanted.length);
  for (let index = 0; index < wanted.length; index += 1) {
    expect(
      Math.abs(found[index]! - wanted[index]!),
      `${name} ${index}: ${found[index]}, not ${wanted[index]}`,
    ).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted[index]!)));
  }
}

/** Fits in turn by the plain form. */
function fitPlainly(
  model: SceneModel,
  kind: OpticsKind,
  optics: readonly (readonly number[])[],
  isChain: boolean,
): SceneFit[] {
  const fitter = new PlainFitter(model);
  let near: ReturnType<PlainFitter['fit']> | undefined;
  return optics.map((values) => {
    const fit = fitter.fit(logPower(kind, values, model.at), near);
    if (isChain) near = fit;
    return { cost: fit.cost, coefficients: fit.values, optics: values };
  });
}

function expectSameFits(found: readonly SceneFit[], wanted: readonly SceneFit[], name: string): void {
  expectClose(
    found.map(({ cost }) => cost),
    wanted.map(({ cost }) => cost),
    TOLERANCE,
    `${name}, cost`,
  );
  wanted.forEach(({ coefficients, optics }, index) => {
    expectClose(found[index]!.coefficients, coefficients, TOLERANCE, `${name} ${index}, coefficient`);
    expectClose(found[index]!.optics, optics, TOLERANCE, `${name} ${index}, optics`);
  });
}

const RADII = Array.from({ length: 46 }, (_, index) => [Math.exp(0.06 * index)]);
const SIGMAS = Array.from({ length: 12 }, (_, index) => [0.3 * index]);
const SOFT = [3, 3.2, 3.4, 3.6].flatMap((radius) => [0, 0.5, 1].map((sigma) => [radius, sigma]));

describe('the native fit of scenes', () => {
  it.each([false, true])('of curves is the plain one (JPEG: %s)', async (isJpeg) => {
    const {
      whole,
      cells,
      grid: { side },
    } = await spectraOf(false, isJpeg);
    const { all, sectors } = drawCurves(whole.power, side, isJpeg);
    for (const curve of [all, sectors[2]!, drawCurves(cells[0]!.power, side, isJpeg).all]) {
      const model = modelCurve(curve, side);
      const fitter = new SceneFitter(scopeOf(1), model);
      expectSameFits(await fitter.fitChain('disk', RADII), fitPlainly(model, 'disk', RADII, true), 'disks');
      expectSameFits(
        await fitter.fitEach('disk', RADII.slice(0, 30)),
        fitPlainly(model, 'disk', RADII.slice(0, 30), false),
        'disks by themselves',
      );
      expectSameFits(
        await fitter.fitChain('gaussian', SIGMAS),
        fitPlainly(model, 'gaussian', SIGMAS, true),
        'Gaussians',
      );
      expectSameFits(await fitter.fitChain('softDisk', SOFT), fitPlainly(model, 'softDisk', SOFT, true), 'soft disks');
    }
  });

  it.each<[OpticsKind, readonly number[], boolean, boolean]>([
    ['gaussian', [1], false, false],
    ['disk', [3], false, true],
    ['motion', [7, -5], true, false],
    ['motion', [7, -5], true, true],
    ['movedDisk', [7.5, -5, 1.5], true, false],
  ])(
    'of a plane finds %s from %j as the plain one does (moved: %s, JPEG: %s)',
    async (kind, start, isMoved, isJpeg) => {
      const {
        whole,
        grid: { side },
      } = await spectraOf(isMoved, isJpeg);
      const model = modelPlane(thin(drawPlane(whole.power, side, isJpeg), 3));
      const [fitter, plain] = [new SceneFitter(scopeOf(1), model), new PlainFitter(model)];
      const [near] = await fitter.fitEach('gaussian', [[0]]);
      const wanted = plain.fitOptics(
        (values) => logPower(kind, values, model.at),
        start,
        { cost: near!.cost, values: near!.coefficients },
        8,
      );
      expectSameFits([await fitter.fitOptics(kind, start, near)], [{ ...wanted, coefficients: wanted.values }], kind);
    },
  );

  it('is the same, bit by bit, however many run at a time', async () => {
    const {
      whole,
      grid: { side },
    } = await spectraOf(false, false);
    const curves = drawCurves(whole.power, side, false).sectors;
    const fitAll = async (threads: number): Promise<SceneFit[][]> => {
      const meter = scopeOf(threads);
      return Promise.all(
        curves.map(async (curve) => new SceneFitter(meter, modelCurve(curve, side)).fitChain('disk', RADII)),
      );
    };
    expect(await fitAll(3)).toEqual(await fitAll(1));
  });

  it('bears spectra without a point, with one, and with values beyond all bounds', async () => {
    for (const logValues of [[], [-3], [Infinity, -3, 700, -700], [1e300, -1e300, 0, 5]]) {
      const curve = {
        rho: Float64Array.from(logValues, (_, index) => 0.1 * (index + 1)),
        logPower: Float64Array.from(logValues),
        isJpeg: true,
      };
      const fitter = new SceneFitter(scopeOf(1), modelCurve(curve, 256));
      expect(await fitter.fitChain('disk', [[1], [1e9]])).toHaveLength(2);
      expect(await fitter.fitOptics('disk', [NaN])).toMatchObject({ optics: [NaN] });
    }
  });
});

describe('what optics leave of a spectrum', () => {
  it.each<[OpticsKind, readonly number[]]>([
    ['gaussian', [0]],
    ['gaussian', [1.3]],
    ['disk', [1]],
    ['disk', [-4]],
    ['disk', [14.5]],
    ['softDisk', [6, 0.8]],
    ['motion', [0, 0]],
    ['motion', [40, -3]],
    ['movedDisk', [5, 2, 3]],
  ])('%s of %j is the plain one', async (kind, values) => {
    const {
      whole,
      grid: { side },
    } = await spectraOf(true, false);
    const { at } = modelPlane(drawPlane(whole.power, side, false));
    expectClose(binding.logPower(kind, Float64Array.from(values), at), logPower(kind, values, at), 1e-11, kind);
  });
});

describe('calls of native code', () => {
  it('run at most so many at a time, in their order, and reject once the signal is aborted', async () => {
    const controller = new AbortController();
    using runtime = await Runtime.open({ threads: 2 });
    using scope = new Scope(runtime, { signal: controller.signal });
    const [begun, ends]: [number[], (() => void)[]] = [[], []];
    const calls = [0, 1, 2, 3].map((index) =>
      scope.call(async () => {
        begun.push(index);
        await new Promise<void>((resolve) => {
          ends.push(resolve);
        });
        return index;
      }, 1),
    );
    const [third, last] = [expect(calls[2]).rejects.toThrow('enough'), expect(calls[3]).rejects.toThrow('enough')];
    expect(begun).toEqual([0, 1]);
    ends[0]!();
    expect(await calls[0]).toBe(0);
    await expect.poll(() => begun).toEqual([0, 1, 2]);
    controller.abort(new Error('enough'));
    // The one that has not begun never does; the one under way rejects once it has ended.
    await last;
    expect(begun).toEqual([0, 1, 2]);
    ends[1]!();
    ends[2]!();
    await third;
    await expect(calls[1]).rejects.toThrow('enough');
  });
});
