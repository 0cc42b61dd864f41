import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { ArgumentError, stars } from '../lib/index.js';
import type { stars as Stars } from '../lib/index.js';
import { detectStars } from '../lib/stars/measure/detect.js';
import { readPlane } from '../lib/stars/measure/plane.js';
import { StreakProfile } from '../lib/stars/measure/profile.js';
import { digest } from './support/frames.js';
import { whole } from './support/parts.js';
import { createFolder } from './support/models.js';
import { scopeOf } from './support/scope.js';
import { runNode } from './support/run-child.js';

const REAL = fileURLToPath(new URL('../../shared/data/stars/trailed/calib_5.png', import.meta.url));
const folder = createFolder();
afterAll(() => folder.remove());

const field = (options: Partial<Stars.SimulateOptions> = {}): Stars.SimulatedFrame =>
  stars.simulate({
    width: 512,
    height: 512,
    stars: 14,
    flux: [5000, 40_000],
    separationPx: 50,
    motion: { lengthPx: 20, angleDegrees: 20 },
    seed: 7,
    ...options,
  });

/** The measured star next to each true one, and how far it is. */
function match(
  truth: readonly Stars.Star[],
  found: readonly Stars.StarFit[],
): { readonly fit: Stars.StarFit; readonly star: Stars.Star; readonly distance: number }[] {
  return truth.flatMap((star) => {
    const near = found
      .map((fit) => ({ fit, star, distance: Math.hypot(fit.x - star.x, fit.y - star.y) }))
      .sort((a, b) => a.distance - b.distance)[0];
    return near && near.distance < 3 ? [near] : [];
  });
}

const angleError = (a: number, b: number): number => Math.abs(a - b - 180 * Math.round((a - b) / 180));

describe('trailed stars', () => {
  it('are found and placed nearly as well as the Cramer-Rao bound permits, from the frame alone', async () => {
    let [square, bound, count] = [0, 0, 0];
    for (const seed of [7, 8, 9]) {
      const { frame, stars: truth } = field({ seed });
      const { stars: found, report } = await stars.restoreStars(frame, { electronsPerCount: 1, method: 'none' });
      expect(found).toHaveLength(truth.length);
      expect(angleError(report.motion!.angleDegrees, 20)).toBeLessThan(0.2);
      expect(Math.abs(report.motion!.lengthPx - 20)).toBeLessThan(0.2);
      for (const { fit, star, distance } of match(truth, found)) {
        square += distance ** 2;
        bound += fit.boundPx ** 2;
        count += 1;
        expect(Math.abs(fit.flux / star.flux - 1)).toBeLessThan(0.02 + (4 * fit.fluxSigma) / star.flux);
      }
    }
    expect(count).toBe(42);
    // 1.15 is the goal; 42 stars leave a standard deviation of 0.08.
    expect(Math.sqrt(square / bound)).toBeLessThan(1.3);
  });

  it('become compact in their windows, and nothing else changes', async () => {
    const { frame, stars: truth } = field();
    const before = digest(frame.data);
    const { frame: restored, report } = await stars.restoreStars(frame, { electronsPerCount: 1 });
    expect(digest(frame.data)).toBe(before);
    const inWindow = (x: number, y: number): boolean =>
      report.windows.some(
        ({ left, top, width, height }) => x >= left && y >= top && x < left + width && y < top + height,
      );
    let changed = 0;
    frame.data.forEach((value, index) => {
      if (!inWindow(index % 512, Math.floor(index / 512)) && restored.data[index] !== value) changed += 1;
    });
    expect(changed).toBe(0);
    const sharpness = (image: Stars.SimulatedFrame['frame'], { x, y }: Stars.Star): number => {
      let most = 0;
      for (let dy = -2; dy <= 2; dy += 1)
        for (let dx = -2; dx <= 2; dx += 1)
          most = Math.max(most, image.data[(Math.round(y) + dy) * 512 + Math.round(x) + dx]! - 50);
      return most;
    };
    const gains = truth
      .map((star) => sharpness(restored as typeof frame, star) / sharpness(frame, star))
      .sort((a, b) => a - b);
    expect(gains[gains.length >> 1]).toBeGreaterThan(2);
  });

  it.each(['hyper-laplacian', 'richardson-lucy'] as const)('keep their light with %s', async (method) => {
    const { frame } = field();
    const { frame: restored } = await stars.restoreStars(frame, {
      electronsPerCount: 1,
      motion: { lengthPx: 20, angleDegrees: 20 },
      method,
    });
    const light = (data: ArrayLike<number>): number => Array.from(data).reduce((sum, value) => sum + value - 50, 0);
    expect(Math.abs(light(restored.data) / light(frame.data) - 1)).toBeLessThan(0.02);
  });

  it.each<[Stars.CentroidMethod, number]>([
    ['iwcog', 0.25],
    ['cog', 0.6],
  ])('are placed on the restored frame by %s', async (centroid, limit) => {
    const { frame, stars: truth } = field({ flux: [20_000, 40_000] });
    const { stars: found } = await stars.restoreStars(frame, {
      electronsPerCount: 1,
      centroid,
      method: 'richardson-lucy',
    });
    const matched = match(truth, found);
    expect(matched.length).toBe(truth.length);
    expect(Math.sqrt(matched.reduce((sum, { distance }) => sum + distance ** 2, 0) / matched.length)).toBeLessThan(
      limit,
    );
  });

  it.each([
    [8, 70],
    [14, -35],
    [40, 5],
    [60, 88],
  ])('of %f pixels at %f degrees tell both', async (length, angle) => {
    const { frame } = field({ motion: { lengthPx: length, angleDegrees: angle }, separationPx: 40 });
    const {
      report: { motion },
    } = await stars.restoreStars(frame, { method: 'none' });
    expect(motion).toMatchObject({ declined: null });
    expect(angleError(motion!.angleDegrees, angle)).toBeLessThan(0.4);
    expect(Math.abs(motion!.lengthPx - length)).toBeLessThan(0.5);
  });
});

describe('frames in turn and at once', () => {
  it('do not disturb each other, though the next one takes the memory of the last', async () => {
    const frames = [
      field({ seed: 1 }).frame,
      field({ seed: 2, offset: 300 }).frame,
      field({ seed: 3, width: 400 }).frame,
    ];
    const restore = async (frame: Stars.SimulatedFrame['frame']): Promise<unknown> => {
      const { stars: found, frame: restored } = await stars.restoreStars(frame, {
        electronsPerCount: 1,
        motion: { lengthPx: 20, angleDegrees: 20 },
      });
      return [found, digest((restored as typeof frame).data)];
    };
    const first = await Promise.all(frames.map(restore));
    for (const index of [1, 0, 0, 2, 1]) expect(await restore(frames[index]!)).toEqual(first[index]);
  });
});

describe('stars drawn as they were measured', () => {
  it.each<[string, Partial<Stars.SimulateOptions>, Stars.RestoreStarsOptions]>([
    ['trails', {}, {}],
    ['disks', { motion: { lengthPx: 0, angleDegrees: 0 }, defocusRadiusPx: 5 }, { defocus: 'auto' }],
  ])('are spots with the flux and place of their %s, over a sky without them', async (_, field_, options) => {
    const { frame, stars: truth } = field({ flux: [5000, 20_000], ...field_ });
    const {
      frame: drawn,
      stars: found,
      report,
    } = await stars.restoreStars(frame, { ...options, electronsPerCount: 1, method: 'render' });
    expect(found).toHaveLength(truth.length);
    expect(report).toMatchObject({ windows: [], iterations: 0, clipped: 0 });
    for (const star of found) {
      let [sum, x, y] = [0, 0, 0];
      for (let row = -6; row <= 6; row += 1) {
        for (let column = -6; column <= 6; column += 1) {
          const light = drawn.data[(Math.round(star.y) + row) * 512 + Math.round(star.x) + column]! - 50;
          [sum, x, y] = [sum + light, x + light * column, y + light * row];
        }
      }
      expect(Math.abs(sum / star.flux - 1)).toBeLessThan(0.03);
      expect(Math.hypot(Math.round(star.x) + x / sum - star.x, Math.round(star.y) + y / sum - star.y)).toBeLessThan(
        0.15,
      );
    }
    const untouched = frame.data.filter((value, index) => value === drawn.data[index]).length / frame.data.length;
    expect(untouched).toBeGreaterThan(0.85);
  });

  it('are counted where they do not fit, and have no centroids of their own', async () => {
    const { frame } = field({ bits: 8, electronsPerCount: 4 });
    const { report } = await stars.restoreStars(frame, { method: 'render' });
    expect(report.clipped).toBeGreaterThan(0);
    await expect(stars.restoreStars(frame, { method: 'render', centroid: 'cog' })).rejects.toThrow(
      /other than 'render'/,
    );
  });
});

describe('a star at the edge of the frame', () => {
  it.each(['hyper-laplacian', 'richardson-lucy'] as const)(
    'is not torn by what the frame does not show, with %s',
    async (method) => {
      // Half of the trail is outside.
      const star = { x: 5.3, y: 150.2, flux: 40_000 };
      const options = { width: 256, height: 256, stars: [star, { x: 180, y: 80, flux: 30_000 }], seed: 4 };
      const { frame } = stars.simulate({ ...options, motion: { lengthPx: 24, angleDegrees: 10 } });
      const { electrons } = stars.simulate(options);
      const { frame: restored } = await stars.restoreStars(frame, {
        electronsPerCount: 1,
        motion: { lengthPx: 24, angleDegrees: 10 },
        method,
      });
      const errorOf = ({ data }: { readonly data: ArrayLike<number> }): number => {
        let sum = 0;
        for (let y = 130; y < 170; y += 1)
          for (let x = 0; x < 30; x += 1) sum += (data[y * 256 + x]! - electrons[y * 256 + x]!) ** 2;
        return sum;
      };
      expect(errorOf(restored)).toBeLessThan(0.35 * errorOf(frame));
      const light = Array.from(restored.data);
      const brightest = light.reduce(
        (best, value, index) => (index % 256 < 30 && value > light[best]! ? index : best),
        0,
      );
      expect(Math.hypot((brightest % 256) - star.x, Math.floor(brightest / 256) - star.y)).toBeLessThan(1.5);
    },
  );
});

describe('rates', () => {
  const camera = new stars.Camera({ width: 512, height: 512, focalPx: 2000 });
  const motion = { camera, ratesRadPerSecond: [0.05, -0.08, 0.02] as const, exposureSeconds: 0.1 };

  it('place trailed stars at mid-exposure', async () => {
    const { frame, stars: truth } = field({ motion });
    const { stars: found, report } = await stars.restoreStars(frame, { electronsPerCount: 1, motion });
    expect(match(truth, found)).toHaveLength(truth.length);
    expect(Math.max(...match(truth, found).map(({ distance }) => distance))).toBeLessThan(0.5);
    expect(report.warnings).toEqual([]);
  });

  it('that disagree with the frame are reported, with what it shows', async () => {
    const { frame } = field({ motion });
    const { report } = await stars.restoreStars(frame, {
      electronsPerCount: 1,
      motion: { ...motion, ratesRadPerSecond: [-0.05, -0.08, 0.02] },
      method: 'none',
    });
    expect(report.warnings).toEqual([
      expect.stringMatching(
        new RegExp(
          'the rates give a trail of 1[89]\\.\\d pixels .*, the frame shows 1[89]\\.\\d .*, which is used: ' +
            'check rates, mounting and axes',
        ),
      ),
    ]);
  });
});

describe('defocused stars', () => {
  it.each([3, 6])('tell their radius of %f, and their places', async (defocusRadius) => {
    const { frame, stars: truth } = stars.simulate({
      width: 400,
      height: 300,
      stars: 8,
      flux: [20_000, 60_000],
      separationPx: 50,
      defocusRadiusPx: defocusRadius,
      seed: 3,
    });
    const { stars: found, report } = await stars.restoreStars(frame, { defocus: 'auto', electronsPerCount: 1 });
    expect(report.defocus).toMatchObject({ declined: null });
    expect(Math.abs(report.defocus!.radiusPx - defocusRadius)).toBeLessThan(0.1);
    expect(match(truth, found).length).toBe(truth.length);
    expect(Math.max(...match(truth, found).map(({ distance }) => distance))).toBeLessThan(0.3);
  });
});

describe('frames that tell nothing', () => {
  it('have no stars invented', async () => {
    using scope = scopeOf();
    let invented = 0;
    for (let seed = 1; seed <= 6; seed += 1) {
      const plane = await readPlane(
        whole(stars.simulate({ width: 1024, height: 256, stars: 0, seed, background: 100 }).frame),
        0.97,
        scope,
      );
      invented += (
        await detectStars(
          plane,
          new StreakProfile({ lengthPx: 12, angleRad: 0.3, sigmaPx: 1 }),
          { threshold: 5.5, most: 100 },
          scope,
        )
      ).length;
    }
    expect(invented).toBe(0);
  });

  it.each<[string, () => Stars.SimulatedFrame, RegExp]>([
    ['empty', () => field({ stars: 0 }), /no trail: no star stands out of the noise.*no star was found/],
    ['sharp', () => field({ motion: { lengthPx: 0, angleDegrees: 0 } }), /no trail: not resolved/],
  ])('%s ones are declined', async (_, make, warning) => {
    const { report } = await stars.restoreStars(make().frame);
    expect(report.warnings.join('; ')).toMatch(warning);
    expect(report.windows).toEqual([]);
  });

  it('hot pixels are no stars', async () => {
    const { frame } = field({ stars: 0 });
    for (let pixel = 1; pixel <= 20; pixel += 1) frame.data[pixel * 12_347] = 20_000;
    const { stars: found } = await stars.restoreStars(frame, { motion: { lengthPx: 15, angleDegrees: 40 } });
    expect(found).toEqual([]);
  });

  it('a saturated frame has none', async () => {
    const { stars: found } = await stars.restoreStars({
      width: 64,
      height: 64,
      channels: 1,
      depth: 8,
      data: new Uint8Array(4096).fill(255),
    });
    expect(found).toEqual([]);
  });

  it('one star is enough', async () => {
    const {
      frame,
      stars: [truth],
    } = field({ stars: [{ x: 200.3, y: 250.6, flux: 20_000 }] });
    const { stars: found } = await stars.restoreStars(frame, { electronsPerCount: 1 });
    expect(found).toHaveLength(1);
    expect(Math.hypot(found[0]!.x - truth!.x, found[0]!.y - truth!.y)).toBeLessThan(0.3);
  });
});

describe('options', () => {
  const { frame } = stars.simulate({
    width: 64,
    height: 64,
    stars: [{ x: 32, y: 32, flux: 20_000 }],
    motion: { lengthPx: 30, angleDegrees: 0 },
  });
  it.each<[string, object, RegExp]>([
    ['both blurs', { motion: 'auto', defocus: { radiusPx: 3 } }, /either motion or defocus/],
    ['an unknown method', { method: 'wiener' }, /for method but received 'wiener'/],
    ['a negative length', { motion: { lengthPx: -1, angleDegrees: 0 } }, /for motion.length/],
    ['centroids of a frame that is not restored', { method: 'none', centroid: 'cog' }, /taken from the restored frame/],
    ['a misspelt option', { blur: 1 }, /Unknown blur/],
    [
      'a frame smaller than a window',
      { motion: { lengthPx: 30, angleDegrees: 0 } },
      /64x64 pixels is smaller than one window/,
    ],
  ])('%s are refused, saying so', async (_, options, message) => {
    const error: unknown = await stars.restoreStars(frame, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).message).toMatch(message);
  });

  it('an aborted signal ends the run with its reason', async () => {
    await expect(stars.restoreStars(frame, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
  });
});

describe('perifocal stars', () => {
  const picture = folder.path('stars.png');

  it('writes the restored frame, a table and a drawing', async () => {
    const { frame } = field({ bits: 8, electronsPerCount: 8 });
    await sharp(frame.data, { raw: { width: 512, height: 512, channels: 1 } })
      .png()
      .toFile(picture);
    const [output, csv, draw] = ['restored.png', 'stars.csv', 'drawing.png'].map((name) => folder.path(name)) as [
      string,
      string,
      string,
    ];
    const { code, stdout, stderr } = await runNode([
      'dist/cli/main.js',
      'stars',
      picture,
      '-o',
      output,
      '--csv',
      csv,
      '--draw',
      draw,
      '--gain',
      '8',
      '--method',
      'rl',
      '--iterations',
      'converged',
      '--saturation',
      '0.9',
      '--max-stars',
      '9',
      '--json',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { report, ...rest } = JSON.parse(stdout) as {
      report: { stars: object[]; tetra3: { size: number[]; centroids: number[][] } };
    };
    expect(rest).toEqual({ input: picture, ok: true, output });
    expect(report).toMatchObject({ csv, draw, motion: { declined: null }, tetra3: { size: [512, 512] } });
    expect(report.stars).toHaveLength(9);
    expect(report.tetra3.centroids).toHaveLength(9);
    expect(readFileSync(csv, 'utf8').trim().split('\n')).toHaveLength(report.stars.length + 1);
    for (const file of [output, draw]) expect(await sharp(file).metadata()).toMatchObject({ width: 512, height: 512 });
  });

  it.each<[string, string[], number, RegExp]>([
    ['rates alone', ['--rates', '0,0,1'], 2, /belong together/],
    ['a motion that is none', ['--motion', '20'], 2, /--motion .*'20' is invalid.*L@theta/],
    [
      'iterations of the hyper-Laplacian until converged',
      ['--iterations', 'converged'],
      2,
      /Only iterations of 'richardson-lucy'/,
    ],
    ['a part of full scale that is none', ['--saturation', '97'], 2, /for saturation/],
    ['motion and defocus', ['--motion', 'auto', '--defocus', '3'], 2, /Give one of/],
    ['a folder that does not exist', ['-o', '/none/at/all.png'], 1, /Cannot write/],
  ])('%s fails', async (_, args, code, message) => {
    const result = await runNode(['dist/cli/main.js', 'stars', picture, ...args]);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
  });
});

describe.runIf(existsSync(REAL))('a real frame of trailed stars', () => {
  it('tells its trail, and many stars', async () => {
    const { stars: found, report } = await stars.restoreStars(REAL, { method: 'none' });
    expect(report.motion).toMatchObject({ declined: null });
    expect(found.length).toBeGreaterThan(30);
  });
});
