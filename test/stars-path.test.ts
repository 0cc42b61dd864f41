import { describe, expect, it } from 'vitest';
import { type psf, stars } from '../lib/index.js';
import type { stars as Stars } from '../lib/index.js';
import { rotationOf, transform } from '../lib/math/linear.js';
import { chordOf } from '../lib/stars/sky/motion-path.js';
import { refineRates } from '../lib/stars/sky/refine-rates.js';

const size = { width: 1024, height: 1024, focalPx: 3000 };
const AXES: Stars.AxisMatrix[] = [1, -1].flatMap((a) =>
  [1, -1].flatMap((b): Stars.AxisMatrix[] => [
    [
      [a, 0],
      [0, b],
    ],
    [
      [0, a],
      [b, 0],
    ],
  ]),
);

/** Where a star is after some time, the sensor turning at constant rates: by the rotation matrix itself. */
function turned(camera: Stars.Camera, rates: Stars.Vector, x: number, y: number, seconds: number): [number, number] {
  const rotation = rotationOf([-rates[0] * seconds, -rates[1] * seconds, -rates[2] * seconds]);
  const [px, py] = camera.project(transform(rotation, camera.direction(x, y)))!;
  return [px - x, py - y];
}

describe('the path of a star', () => {
  it.each(AXES)('with the axes %j is that of a turning camera, for all signs of the rates', (...axes) => {
    const camera = new stars.Camera({ ...size, axes: axes as unknown as Stars.AxisMatrix, distortion: [0.1, -0.02] });
    for (const signs of [
      [1, 1, 1],
      [-1, 1, 1],
      [1, -1, 1],
      [1, 1, -1],
      [-1, -1, -1],
    ] as const) {
      const rates: Stars.Vector = [0.05 * signs[0], 0.03 * signs[1], 0.2 * signs[2]];
      for (const epoch of ['start', 'mid', 'end'] as const) {
        const path = stars.tracePath(camera, { ratesRadPerSecond: rates, exposureSeconds: 0.1 }, 250, 820, epoch);
        const before = { start: 0, mid: 0.05, end: 0.1 }[epoch];
        path.forEach(([dx, dy], step) => {
          const [tx, ty] = turned(camera, rates, 250, 820, (0.1 * step) / (path.length - 1) - before);
          expect(Math.hypot(dx - tx, dy - ty)).toBeLessThan(1e-6);
        });
      }
    }
  });

  it('goes to the left when the camera turns about its downward axis, by rate times time times focal length', () => {
    const camera = new stars.Camera(size);
    const path = stars.tracePath(camera, { ratesRadPerSecond: [0, 0.1, 0], exposureSeconds: 0.1 }, 511.5, 511.5);
    const [[x0], [x1]] = [path[0]!, path.at(-1)!];
    expect(x1 - x0).toBeCloseTo(-30, 2);
  });

  it('takes bias and mounting into account', () => {
    const camera = new stars.Camera(size);
    const plain = stars.tracePath(camera, { ratesRadPerSecond: [0.02, 0.1, -0.3], exposureSeconds: 0.1 }, 100, 200);
    const mounted = stars.tracePath(
      camera,
      {
        ratesRadPerSecond: [0.11, -0.01, -0.3],
        biasRadPerSecond: [0.01, 0.01, 0],
        mounting: [
          [0, -1, 0],
          [1, 0, 0],
          [0, 0, 1],
        ],
        exposureSeconds: 0.1,
      },
      100,
      200,
    );
    mounted.flat().forEach((value, index) => {
      expect(value).toBeCloseTo(plain.flat()[index]!, 9);
    });
  });

  it.each<[string, object, RegExp]>([
    ['NaN rates', { ratesRadPerSecond: [0, NaN, 0] }, /ratesRadPerSecond\[1\] but received NaN/],
    ['two rates', { ratesRadPerSecond: [0, 1] }, /three numbers for rates/],
    ['zero exposure', { exposureSeconds: 0 }, /exposure above 0 seconds/],
    ['a negative exposure', { exposureSeconds: -1 }, /for exposureSeconds but received -1/],
    [
      'a singular mounting',
      {
        mounting: [
          [1, 0, 0],
          [1, 0, 0],
          [0, 0, 1],
        ],
      },
      /rotation for mounting, but it is singular/,
    ],
    [
      'a mirroring mounting',
      {
        mounting: [
          [-1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
      },
      /it mirrors/,
    ],
    ['degrees per second', { ratesRadPerSecond: [30, 0, 0] }, /check their unit \(radians per second\)/],
  ])('%s fails, saying so', (_, motion, message) => {
    expect(() =>
      stars.tracePath(
        new stars.Camera(size),
        { ratesRadPerSecond: [0, 0.1, 0], exposureSeconds: 0.1, ...motion },
        10,
        10,
      ),
    ).toThrow(message);
  });
});

describe('the kernel from rates', () => {
  const camera = new stars.Camera(size);
  const moments = ({ width, height, data }: psf.Psf): number[] => {
    const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
    const totals = [0, 0, 0, 0, 0];
    data.forEach((weight, index) => {
      const [x, y] = [(index % width) - cx, Math.floor(index / width) - cy];
      [x, y, x * x, y * y, x * y].forEach((value, moment) => {
        totals[moment]! += weight * value;
      });
    });
    return totals;
  };

  it.each<[string, Stars.Vector]>([
    ['without roll', [0.05, -0.04, 0]],
    ['with roll alone', [0, 0, 0.3]],
  ])('%s agrees with convolved segments', (_, rates) => {
    const motion = { ratesRadPerSecond: rates, exposureSeconds: 0.1 };
    const [path, paper] = [
      moments(stars.pathPsf(camera, motion, 300, 700)),
      moments(stars.pathPsf(camera, motion, 300, 700, { mode: 'paper-convolve' })),
    ];
    // Splatting adds up to 1/6 per axis, drawing exactly up to 1/12.
    path.forEach((value, index) => {
      expect(Math.abs(value - paper[index]!)).toBeLessThan(0.2);
    });
  });

  it('differs from them where both turn: one way, no parallelogram', () => {
    const motion = { ratesRadPerSecond: [0.05, -0.04, 0.3] as const, exposureSeconds: 0.1 };
    const [path, paper] = [
      moments(stars.pathPsf(camera, motion, 300, 700)),
      moments(stars.pathPsf(camera, motion, 300, 700, { mode: 'paper-convolve' })),
    ];
    expect(Math.max(...path.map((value, index) => Math.abs(value - paper[index]!)))).toBeGreaterThan(2);
  });

  it("begins at the star with epoch 'start'", () => {
    const [mx] = moments(
      stars.pathPsf(camera, { ratesRadPerSecond: [0, -0.1, 0], exposureSeconds: 0.1 }, 511.5, 511.5, {
        epoch: 'start',
      }),
    );
    expect(mx).toBeCloseTo(15, 1);
  });

  it("draws segments as MATLAB does in 'matlab'", () => {
    const kernel = stars.pathPsf(camera, { ratesRadPerSecond: [0, -0.03, 0], exposureSeconds: 0.1 }, 511.5, 511.5, {
      mode: 'paper-convolve',
      raster: 'matlab',
    });
    expect(kernel).toMatchObject({ width: 9, height: 1 });
  });
});

describe('a camera', () => {
  it('leads from pixel to direction and back', () => {
    const camera = new stars.Camera({
      ...size,
      principalPoint: [500, 530],
      axes: [
        [0, -1],
        [1, 0],
      ],
      distortion: [-0.3, 0.1],
    });
    for (const [x, y] of [
      [0, 0],
      [500, 530],
      [1000, 20],
      [333.3, 900.1],
    ] as const) {
      const [px, py] = camera.project(camera.direction(x, y))!;
      expect(Math.hypot(px - x, py - y)).toBeLessThan(1e-9);
    }
    expect(camera.project([0, 0, -1])).toBeNull();
  });

  it.each<[string, object, RegExp]>([
    ['no focal length', { focalPx: 0 }, /for focalPx/],
    [
      'slanted axes',
      {
        axes: [
          [1, 1],
          [0, 1],
        ],
      },
      /not a turned or mirrored pair/,
    ],
    ['a misspelt option', { focal: 1 }, /Unknown focal/],
  ])('with %s fails, saying so', (_, options, message) => {
    expect(() => new stars.Camera({ ...size, ...options } as Stars.CameraOptions)).toThrow(message);
  });

  it('says where its distortion folds over', () => {
    expect(() => new stars.Camera({ ...size, distortion: [-20] }).direction(0, 0)).toThrow(/folds over/);
  });
});

describe('refined rates', () => {
  it.each<[string, Stars.AxisMatrix]>([
    [
      'as they are',
      [
        [1, 0],
        [0, 1],
      ],
    ],
    [
      'mirrored',
      [
        [-1, 0],
        [0, 1],
      ],
    ],
    [
      'turned',
      [
        [0, 1],
        [-1, 0],
      ],
    ],
  ])('give the trail that is seen, the axes %s', (_, axes) => {
    const camera = new stars.Camera({ width: 512, height: 512, focalPx: 2000, axes });
    const gyro = { ratesRadPerSecond: [0.05, -0.08, 0.02] as const, exposureSeconds: 0.1 };
    const chord = (motion: Stars.GyroMotion): Stars.StraightMotion =>
      chordOf(stars.tracePath(camera, motion, 255.5, 255.5));
    const foretold = chord(gyro);
    const seen = { lengthPx: 0.95 * foretold.lengthPx, angleDegrees: foretold.angleDegrees + 2 };
    const refined = chord(refineRates(camera, gyro, foretold, seen));
    expect(refined.lengthPx).toBeCloseTo(seen.lengthPx, 3);
    expect(refined.angleDegrees).toBeCloseTo(seen.angleDegrees, 3);
    // The trail of a frame has no direction.
    expect(
      chord(refineRates(camera, gyro, foretold, { ...seen, angleDegrees: seen.angleDegrees + 180 })).angleDegrees,
    ).toBeCloseTo(seen.angleDegrees, 3);
  });
});
