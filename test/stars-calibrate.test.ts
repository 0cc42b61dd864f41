import { describe, expect, it } from 'vitest';
import { ArgumentError, stars } from '../lib/index.js';
import { createRandom } from '../lib/math/random.js';

const SIZE = { width: 1392, height: 1040 };
const TRUTH = new stars.Camera({ ...SIZE, focalPx: 2870, principalPoint: [730, 500], distortion: [-0.08, 0.05] });
const START = new stars.Camera({ ...SIZE, focalPx: 2800 });

/** Stars of frames of several attitudes, seen through the true camera. */
function sights(frames: number, count: number, noise: number, seed = 1): stars.StarSight[][] {
  const random = createRandom(seed);
  return Array.from({ length: frames }, (_, frame) =>
    Array.from({ length: count }, () => {
      const [x, y] = [random() * SIZE.width, random() * SIZE.height];
      const sensor = TRUTH.direction(x, y);
      const attitude = stars.pointingMatrix({ raDegrees: 40 * frame, decDegrees: 10 * frame, rollDegrees: 70 * frame });
      const reference = [0, 1, 2].map((column) =>
        sensor.reduce((sum, value, row) => sum + attitude[row]![column]! * value, 0),
      ) as unknown as stars.Vector;
      return { x: x + noise * (random() - 0.5), y: y + noise * (random() - 0.5), reference };
    }),
  );
}

describe('a calibration', () => {
  it('finds the camera that saw stars without noise', async () => {
    const { camera, afterRad, stars: used, excluded } = await stars.calibrateCamera(START, sights(3, 40, 0));
    expect({ used, excluded }).toEqual({ used: 120, excluded: 0 });
    expect(afterRad).toBeLessThan(1e-8);
    expect(camera.focalPx).toBeCloseTo(TRUTH.focalPx, 1);
    camera.principalPoint.forEach((value, index) => {
      expect(value).toBeCloseTo(TRUTH.principalPoint[index]!, 1);
    });
    camera.distortion.forEach((value, index) => {
      expect(value).toBeCloseTo(TRUTH.distortion[index]!, 2);
    });
  });

  it('is as good as the noise permits, and leaves out what is no match', async () => {
    const frames = sights(4, 40, 1);
    frames[1]![3] = { ...frames[1]![3]!, x: frames[1]![3]!.x + 40 };
    frames[2]![7] = { ...frames[2]![7]!, y: frames[2]![7]!.y - 25 };
    const { camera, beforeRad, afterRad, excluded } = await stars.calibrateCamera(START, frames);
    expect(excluded).toBe(2);
    expect(beforeRad).toBeGreaterThan(10 * afterRad);
    // Uniform noise of one pixel along both axes, less a little for what was fitted.
    const expected = Math.sqrt(1 / 6) / TRUTH.focalPx;
    expect(afterRad / expected).toBeGreaterThan(0.9);
    expect(afterRad / expected).toBeLessThan(1.05);
    for (const [x, y] of [
      [100, 100],
      [700, 500],
      [1300, 900],
    ] as const) {
      const turn = stars.solveAttitude(
        [
          [100, 100],
          [1300, 150],
          [700, 1000],
        ].map(([u, v]) => ({ sensor: camera.direction(u!, v!), reference: TRUTH.direction(u!, v!) })),
      );
      const known = TRUTH.direction(x, y);
      const seen = camera.direction(x, y);
      const off = Math.hypot(
        ...turn.matrix.map((row, index) => row[0] * known[0] + row[1] * known[1] + row[2] * known[2] - seen[index]!),
      );
      expect(off * TRUTH.focalPx).toBeLessThan(0.6);
    }
  });

  it('leaves out a frame that fits no attitude, and counts it', async () => {
    const good = sights(3, 40, 1);
    const mixed = sights(1, 3, 1, 2)[0]!;
    const poor = mixed.map((star, index) => ({ ...star, reference: mixed[(index + 1) % 3]!.reference }));
    const { stars: used, excluded, frames, excludedFrames } = await stars.calibrateCamera(START, [poor, ...good]);
    expect({ used, excluded, frames, excludedFrames }).toEqual({
      used: 120,
      excluded: 3,
      frames: 3,
      excludedFrames: 1,
    });
  });

  it('ends when the signal says so', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(stars.calibrateCamera(START, sights(3, 40, 0), { signal })).rejects.toThrow('enough');
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['too few stars in a frame', () => stars.calibrateCamera(START, [sights(1, 2, 0)[0]!]), /frames\[0\] has 2 stars/],
    [
      'more unknowns than numbers',
      () => stars.calibrateCamera(START, [sights(1, 3, 0)[0]!]),
      /3 stars tell 6 numbers, 8 are unknown/,
    ],
    ['no frames', () => stars.calibrateCamera(START, null as unknown as []), /array of frames/],
    [
      'a place that is none',
      () => stars.calibrateCamera(START, [[{ x: Number.NaN, y: 0, reference: [0, 0, 1] }]]),
      /frames\[0\]\[0\]\.x/,
    ],
    [
      'a direction that is none',
      () => stars.calibrateCamera(START, [[{ x: 0, y: 0, reference: [0, 0, 0] }]]),
      /direction for frames\[0\]\[0\]\.reference/,
    ],
    ['no camera', () => stars.calibrateCamera({} as stars.Camera, []), /Expected a Camera/],
    ['too many terms', () => stars.calibrateCamera(START, sights(2, 40, 0), { terms: 9 }), /terms/],
  ])('refuses %s', async (_, run, message) => {
    await expect(run()).rejects.toThrow(ArgumentError);
    await expect(run()).rejects.toThrow(message);
  });
});
