import { describe, expect, it } from 'vitest';
import { stars } from '../lib/index.js';
import type { stars as Stars } from '../lib/index.js';
import { angleBetween, multiply, rotationOf, transform, transpose } from '../lib/math/linear.js';
import { Random } from '../lib/stars/simulate/random.js';

const METHODS = ['svd', 'quest', 'davenport'] as const;
const random = new Random(12);

function randomRotation(): Stars.Matrix3 {
  return multiply(
    rotationOf([3 * random.normal(), 3 * random.normal(), 3 * random.normal()]),
    rotationOf([random.normal(), random.normal(), random.normal()]),
  );
}

/** Stars in a field of 15 degrees, seen with noise about both axes. */
function observe(attitude: Stars.Matrix3, count: number, sigmaRad: number): Stars.StarPair[] {
  return Array.from({ length: count }, () => {
    const sensor: Stars.Vector = [0.13 * (2 * random.uniform() - 1), 0.13 * (2 * random.uniform() - 1), 1];
    const noisy: Stars.Vector = transform(
      rotationOf([sigmaRad * random.normal(), sigmaRad * random.normal(), sigmaRad * random.normal()]),
      sensor,
    );
    return { sensor: noisy, reference: transform(transpose(attitude), sensor), sigmaRad: Math.max(sigmaRad, 1e-6) };
  });
}

describe('the attitude from matched stars', () => {
  it('is exact without noise, and the same to 1e-10 rad by all methods with it', () => {
    for (let trial = 0; trial < 100; trial += 1) {
      const truth =
        trial < 4
          ? ((
              [
                [1, 0, 0],
                [0, 1, 0],
                [0, 0, 1],
              ] as const
            ).map((row, i) =>
              row.map((value) => (trial > 0 && i !== trial - 1 ? -value : value)),
            ) as unknown as Stars.Matrix3)
          : randomRotation();
      const exact = observe(truth, 2 + (trial % 9), 0);
      for (const method of METHODS)
        expect(angleBetween(stars.solveAttitude(exact, method).matrix, truth)).toBeLessThan(1e-9);
      const noisy = observe(truth, 2 + (trial % 9), 1e-4);
      const found = METHODS.map((method) => stars.solveAttitude(noisy, method).matrix);
      expect(angleBetween(found[0]!, found[1]!)).toBeLessThan(1e-10);
      expect(angleBetween(found[0]!, found[2]!)).toBeLessThan(1e-10);
    }
  });

  it('is wrong by what its covariance says, within 5 %', () => {
    let [square, trace, trials] = [0, 0, 3000];
    for (let trial = 0; trial < trials; trial += 1) {
      const truth = randomRotation();
      const { matrix, covarianceRad2 } = stars.solveAttitude(observe(truth, 8, 5e-5));
      // Of the rotation about each axis in units of its standard deviation, roll included.
      const error = multiply(matrix, transpose(truth));
      const vector = [
        (error[1][2] - error[2][1]) / 2,
        (error[2][0] - error[0][2]) / 2,
        (error[0][1] - error[1][0]) / 2,
      ];
      square += vector.reduce((sum, value, axis) => sum + (value * value) / covarianceRad2[axis]![axis]!, 0);
      trace += 3;
    }
    expect(Math.abs(Math.sqrt(square / trace) - 1)).toBeLessThan(0.05);
  });

  it('turns catalogue directions into those of the sensor, and so does its quaternion', () => {
    const {
      matrix,
      quaternion: [x, y, z, w],
      residualRad,
    } = stars.solveAttitude([
      { sensor: [0, 1, 0], reference: [1, 0, 0] },
      { sensor: [-1, 0, 0], reference: [0, 1, 0] },
      { sensor: [0, 0, 2], reference: [0, 0, 1] },
    ]);
    const expected = [
      [0, -1, 0],
      [1, 0, 0],
      [0, 0, 1],
    ];
    matrix.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(value).toBeCloseTo(expected[i]![j]!, 12);
      });
    });
    expect([x, y, z, w]).toEqual([0, 0, expect.closeTo(-Math.SQRT1_2, 12), expect.closeTo(Math.SQRT1_2, 12)]);
    expect(residualRad).toBeLessThan(1e-12);
  });

  it.each<[string, unknown, RegExp]>([
    ['no star', [], /at least two stars, 0 given/],
    ['one star', [{ sensor: [0, 0, 1], reference: [0, 0, 1] }], /at least two stars, 1 given/],
    [
      'collinear stars',
      [
        { sensor: [0, 0, 1], reference: [1, 0, 0] },
        { sensor: [0, 0, 3], reference: [1, 0, 0] },
      ],
      /the roll about them is unknown/,
    ],
    [
      'a zero direction',
      [
        { sensor: [0, 0, 0], reference: [1, 0, 0] },
        { sensor: [0, 0, 3], reference: [1, 0, 0] },
      ],
      /direction for pairs\[0\]\.sensor/,
    ],
    [
      'NaN',
      [
        { sensor: [0, 0, 1], reference: [1, NaN, 0] },
        { sensor: [0, 0, 3], reference: [1, 0, 0] },
      ],
      /pairs\[0\]\.reference\[1\]/,
    ],
  ])('of %s fails, saying so', (_, pairs, message) => {
    expect(() => stars.solveAttitude(pairs as Stars.StarPair[])).toThrow(message);
  });
});
