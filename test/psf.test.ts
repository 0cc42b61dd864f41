import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { psf } from '../lib/index.js';
import { besselJ1 } from '../lib/psf/bessel.js';
import { transferMagnitude } from '../lib/psf/transfer.js';
import { decomposeSymmetric } from '../lib/psf/eigen.js';
import { encodeNpy } from './support/npy.js';
import { createFolder } from './support/models.js';
import { runNode } from './support/run-child.js';

type Psf = psf.Psf;

const folder = createFolder();
afterAll(() => folder.remove());

/** The weight at a place counted from the centre, x to the right, y downwards. */
const at = ({ width, height, data }: Psf, x: number, y: number): number =>
  data[(y + (height - 1) / 2) * width + x + (width - 1) / 2]!;
const sum = ({ data }: Psf): number => data.reduce((total, weight) => total + weight, 0);

/** 2 / sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!: all terms of one sign. */
function erf(x: number): number {
  let [term, total] = [x, x];
  for (let n = 1; n < 200; n += 1) total += term *= (2 * x * x) / (2 * n + 1);
  return Math.abs(x) > 6 ? Math.sign(x) : (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** The integral of a profile over pixels, by 200 x 200 midpoints each; normalised. */
function integrateSlowly(width: number, height: number, profile: (x: number, y: number) => number): number[] {
  const steps = Array.from({ length: 200 }, (_, index) => (index + 0.5) / 200 - 0.5);
  const weights = Array.from({ length: width * height }, (_, index) => {
    const [x, y] = [(index % width) - (width - 1) / 2, Math.floor(index / width) - (height - 1) / 2];
    return steps.reduce((rows, dy) => rows + steps.reduce((row, dx) => row + profile(x + dx, y + dy), 0), 0);
  });
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / total);
}

function expectClose({ data }: Psf, expected: readonly number[], tolerance: number): void {
  expect(data).toHaveLength(expected.length);
  const largest = Math.max(...expected);
  data.forEach((weight, index) => {
    expect(Math.abs(weight - expected[index]!)).toBeLessThan(tolerance * largest);
  });
}

describe('every shape', () => {
  const shapes: Psf[] = [
    psf.disk(4),
    psf.disk(2.3),
    psf.gaussian(1.5),
    psf.gaussian(3, 1, 20),
    psf.moffat(3, 2.5),
    psf.airy(3),
    psf.ellipse(5, 2, 70),
    psf.motion(20, 35),
    psf.motion(20, 35, 'matlab'),
    psf.convolve(psf.disk(3), psf.gaussian(0.7)),
  ];
  it.each(shapes.map((shape, index) => [index, shape] as const))(
    '(%i) has odd sides, sum 1, no negative weight and is symmetric',
    (_, shape) => {
      expect([shape.width % 2, shape.height % 2, shape.symmetric]).toEqual([1, 1, true]);
      expect(sum(shape)).toBeCloseTo(1, 12);
      expect(Math.min(...shape.data)).toBeGreaterThanOrEqual(0);
    },
  );

  it('turns by 90 degrees into its transpose', () => {
    for (const [flat, upright] of [
      [psf.ellipse(5, 2, 0), psf.ellipse(5, 2, 90)],
      [psf.gaussian(2, 1, 0), psf.gaussian(2, 1, 90)],
      [psf.motion(9, 0), psf.motion(9, 90)],
    ] as const) {
      for (let y = -2; y <= 2; y += 1)
        for (let x = -2; x <= 2; x += 1) expect(at(flat, x, y)).toBeCloseTo(at(upright, y, x), 12);
    }
  });

  it('leans to the right at 30 degrees, as angles go anticlockwise', () => {
    for (const shape of [
      psf.ellipse(6, 1, 30),
      psf.gaussian(4, 1, 30),
      psf.motion(15, 30),
      psf.motion(15, 30, 'matlab'),
    ]) {
      expect(at(shape, 3, -2)).toBeGreaterThan(2 * at(shape, 3, 2));
    }
  });
});

describe('a disk', () => {
  it('covers each pixel by the area of the circle in it', () => {
    const area = Math.PI;
    // The part of the unit circle from x = 1/2 on, between y = -1/2 and y = 1/2.
    const beside = Math.asin(0.5) + 0.5 * Math.sqrt(0.75) - 0.5;
    const disk = psf.disk(1);
    expect([disk.width, disk.height]).toEqual([3, 3]);
    expect(at(disk, 0, 0)).toBeCloseTo(1 / area, 14);
    expect(at(disk, 1, 0)).toBeCloseTo(beside / area, 14);
    expect(at(disk, 1, 1)).toBeCloseTo((area - 1 - 4 * beside) / 4 / area, 14);
  });

  it('of any radius holds whole pixels inside and nothing outside', () => {
    for (const radius of [2, 3.7, 6, 25.25]) {
      const disk = psf.disk(radius);
      for (let y = -(disk.height - 1) / 2; y <= (disk.height - 1) / 2; y += 1) {
        for (let x = -(disk.width - 1) / 2; x <= (disk.width - 1) / 2; x += 1) {
          const [far, near] = [
            Math.hypot(Math.abs(x) + 0.5, Math.abs(y) + 0.5),
            Math.hypot(Math.max(0, Math.abs(x) - 0.5), Math.max(0, Math.abs(y) - 0.5)),
          ];
          const area = at(disk, x, y) * Math.PI * radius ** 2;
          if (far <= radius) expect(area).toBeCloseTo(1, 10);
          else if (near >= radius) expect(area).toBeCloseTo(0, 10);
          else expect(area).toSatisfy((value: number) => value > -1e-12 && value < 1);
        }
      }
    }
  });

  it('below half a pixel is no blur', () => {
    expect(psf.disk(0.5)).toMatchObject({ width: 1, height: 1, data: Float64Array.of(1) });
  });
});

describe('profiles', () => {
  it.each([0.3, 0.8, 1.5, 4])('a Gaussian of sigma %f is a difference of error functions per axis', (sigma) => {
    const shape = psf.gaussian(sigma);
    const axis = Array.from({ length: shape.width }, (_, index) => {
      const x = index - (shape.width - 1) / 2;
      return (erf((x + 0.5) / sigma / Math.SQRT2) - erf((x - 0.5) / sigma / Math.SQRT2)) / 2;
    });
    const total = axis.reduce((a, b) => a + b) ** 2;
    expectClose(
      shape,
      axis.flatMap((row) => axis.map((column) => (row * column) / total)),
      1e-7,
    );
  });

  it('a Moffat profile is its integral over pixels, and has the width asked for', () => {
    const [fwhm, beta] = [3, 4];
    const alpha = fwhm / 2 / Math.sqrt(2 ** (1 / beta) - 1);
    expect((1 + (fwhm / 2) ** 2 / alpha ** 2) ** -beta).toBeCloseTo(0.5, 12);
    const shape = psf.moffat(fwhm, beta);
    expectClose(
      shape,
      integrateSlowly(shape.width, shape.height, (x, y) => (1 + (x * x + y * y) / alpha ** 2) ** -beta),
      1e-5,
    );
  });

  it('an elliptical Gaussian is its integral over pixels', () => {
    const shape = psf.gaussian(1.2, 0.6, 0);
    expectClose(
      shape,
      integrateSlowly(shape.width, shape.height, (x, y) => Math.exp(-((x / 1.2) ** 2 + (y / 0.6) ** 2) / 2)),
      1e-5,
    );
  });

  it('J1 has its tabulated values', () => {
    for (const [x, value] of [
      [0, 0],
      [1, 0.44005058574493355],
      [3.8317059702075125, 0],
      [10, 0.04347274616886144],
      [60, 0.04659838375902883],
    ] as const) {
      expect(besselJ1(x)).toBeCloseTo(value, 9);
    }
  });

  it('an Airy pattern has 83.8 % of its energy, of the infinite pattern, within the first dark ring', () => {
    const radius = 20;
    const shape = psf.airy(radius);
    let inside = 0;
    for (let y = -radius; y <= radius; y += 1)
      for (let x = -radius; x <= radius; x += 1) if (Math.hypot(x, y) <= radius) inside += at(shape, x, y);
    // J0(5 * 3.8317)^2 + J1^2 is the energy outside of the support; J0 from a table of zeros is near its extremum
    // there.
    expect(inside).toBeGreaterThan(0.838);
    expect(inside).toBeLessThan(0.838 / 0.955);
    expect(at(shape, radius, 0)).toBeLessThan(1e-3 * at(shape, 0, 0));
  });
});

describe('motion', () => {
  it('along a row is the length in each pixel', () => {
    const line = psf.motion(4, 0);
    expect([line.width, line.height]).toEqual([7, 7]);
    expect([-3, -2, -1, 0, 1, 2, 3].map((x) => at(line, x, 0))).toEqual([0, 0.125, 0.25, 0.25, 0.25, 0.125, 0]);
  });

  it('along a diagonal crosses each pixel by its diagonal', () => {
    const line = psf.motion(10, 45);
    expect(line.width).toBe(13);
    for (const step of [-3, -1, 0, 2]) expect(at(line, step, -step)).toBeCloseTo(Math.SQRT2 / 10, 12);
    expect(at(line, 1, 0)).toBeCloseTo(0, 12);
  });

  it('of length 0 is no blur', () => {
    expect(at(psf.motion(0, 12), 0, 0)).toBe(1);
  });

  it('has the energy spread of a line: variance L^2 / 12 along it, plus that of the pixels', () => {
    const [length, angle] = [31, 25];
    const line = psf.motion(length, angle);
    const [c, s] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    let [along, across] = [0, 0];
    line.data.forEach((weight, index) => {
      const [x, y] = [
        (index % line.width) - (line.width - 1) / 2,
        (line.height - 1) / 2 - Math.floor(index / line.width),
      ];
      along += weight * (x * c + y * s) ** 2;
      across += weight * (y * c - x * s) ** 2;
    });
    expect(along).toBeGreaterThan(length ** 2 / 12);
    expect(along).toBeLessThan(length ** 2 / 12 + 0.2);
    expect(across).toBeLessThan(0.2);
  });

  it('as MATLAB draws it', () => {
    expect(psf.motion(1, 77, 'matlab')).toMatchObject({ width: 1, height: 1 });
    const row = psf.motion(9, 0, 'matlab');
    expect([row.width, row.height]).toEqual([9, 1]);
    row.data.forEach((weight) => {
      expect(weight).toBeCloseTo(1 / 9, 12);
    });
    const column = psf.motion(9, 90, 'matlab');
    expect([column.width, column.height]).toEqual([1, 9]);
    column.data.forEach((weight) => {
      expect(weight).toBeCloseTo(1 / 9, 12);
    });
    const diagonal = psf.motion(9, 45, 'matlab');
    for (let y = -3; y <= 3; y += 1)
      for (let x = -3; x <= 3; x += 1) expect(at(diagonal, x, y)).toBeCloseTo(at(diagonal, -y, -x), 12);
    expect(at(psf.motion(9, 135, 'matlab'), 2, 2)).toBeCloseTo(at(diagonal, 2, -2), 12);
  });
});

describe('weights of a caller', () => {
  it('are normalised, and cut to what is not 0', () => {
    const kernel = psf.fromArray({ width: 5, height: 3, data: [0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0] });
    expect(kernel).toEqual({ width: 3, height: 1, data: Float64Array.of(0.25, 0.5, 0.25), symmetric: true });
  });

  it('are put around the centre that is stated', () => {
    const even = { width: 2, height: 2, data: [1, 1, 1, 1] };
    expect(psf.fromArray({ ...even, centre: [1, 0] })).toMatchObject({
      width: 3,
      height: 3,
      symmetric: false,
      data: Float64Array.of(0, 0, 0, 0.25, 0.25, 0, 0.25, 0.25, 0),
    });
    expect(psf.fromArray({ width: 3, height: 1, data: [0, 0, 1], centre: 'centroid' })).toMatchObject({
      width: 1,
      height: 1,
    });
  });

  it.each<[string, object, RegExp]>([
    ['a sum of 0', { data: [0, 0, 0] }, /positive sum, these have 0/],
    ['a negative sum', { data: [1, -3, 1] }, /positive sum, these have -1/],
    ['NaN', { data: [1, NaN, 1] }, /holds NaN at column 1 of row 0/],
    ['an infinite weight', { data: [1, Infinity, 1] }, /holds Infinity/],
    ['too few weights', { data: [1, 1] }, /Expected 3 weights .* received 2/],
    ['no array', { data: 'abc' }, /Expected array of numbers/],
    ['a centre outside', { centre: [3, 0] }, /x of the PSF centre/],
    ['a centre of no kind', { centre: 'left' }, /'middle', 'centroid' or \[x, y\]/],
    ['a side of 0', { width: 0, data: [] }, /width of the PSF/],
    ['an absurd side', { width: 1e9 }, /width of the PSF/],
    ['a misspelt key', { center: [1, 0] }, /Unknown center in psf/],
  ])('with %s are refused', (_, change, message) => {
    expect(() => psf.fromArray({ width: 3, height: 1, data: [1, 1, 1], ...change } as psf.PsfWeights)).toThrow(message);
  });
});

describe('two kernels one after the other', () => {
  it('are their convolution: two boxes make a triangle', () => {
    const box = psf.fromArray({ width: 3, height: 1, data: [1, 1, 1] });
    const triangle = psf.convolve(box, box);
    expectClose(
      triangle,
      [1, 2, 3, 2, 1].map((weight) => weight / 9),
      1e-14,
    );
  });

  it('have the product of their transfer functions', () => {
    const [a, b] = [psf.disk(2.5), psf.motion(7, 20)];
    const [both, ofA, ofB] = [psf.convolve(a, b), a, b].map((kernel) => transferMagnitude(kernel, 16));
    both!.forEach((value, index) => {
      expect(value).toBeCloseTo(ofA![index]! * ofB![index]!, 12);
    });
    expect(both![8 * 16 + 8]).toBeCloseTo(1, 12);
  });

  it('may become too large', () => {
    expect(() => psf.convolve(psf.disk(200), psf.disk(100))).toThrow(/width of the convolved PSFs/);
  });
});

describe('a description', () => {
  it.each<[string, Psf]>([
    ['disk:4', psf.disk(4)],
    ['gaussian:1.5', psf.gaussian(1.5)],
    ['gaussian:2,1@30', psf.gaussian(2, 1, 30)],
    ['moffat:3,2.5', psf.moffat(3, 2.5)],
    ['airy:3.5', psf.airy(3.5)],
    ['ellipse:5,3@-20', psf.ellipse(5, 3, -20)],
    ['motion:20@35', psf.motion(20, 35)],
    ['motion-matlab:20@35', psf.motion(20, 35, 'matlab')],
    ['disk:4+gaussian:0.8', psf.convolve(psf.disk(4), psf.gaussian(0.8))],
  ])('%s is that kernel', async (text, expected) => {
    expect(await psf.parse(text)).toEqual(expected);
  });

  it.each<[string, RegExp]>([
    ['', /non-empty string/],
    ['disk', /neither a shape nor a file\. Known: disk:R/],
    ['disk:', /'' is no number/],
    ['disk:x', /'x' is no number/],
    ['disk:0', /for radius but received 0/],
    ['disk:-1', /for radius/],
    ['disk:1e3', /'1e3' is no number/],
    ['disk:NaN', /'NaN' is no number/],
    ['disk:4000', /for radius/],
    ['disk:4@30', /has no angle/],
    ['disk:4,5', /takes 1 numbers, not 2/],
    ['moffat:3', /takes 2 numbers/],
    ['moffat:3,1', /for beta/],
    ['gaussian:100', /reaches \d+ pixels/],
    ['airy:60', /reaches/],
    ['motion:20@x', /'x' is no number/],
    ['motion:2000@0', /for length/],
    ['disk:4+cat:1', /names no shape/],
    ['disk:4+', /names no shape/],
    ['box:3', /neither a shape nor a file/],
    ['toString:1', /neither/],
  ])('%j is refused', async (text, message) => {
    await expect(psf.parse(text)).rejects.toThrow(message);
  });
});

describe('a kernel file', () => {
  const kernel = psf.convolve(psf.disk(3), psf.motion(6, 50));

  it.each([1, 3, 4] as const)('of %i channels is their mean, normalised', async (channels) => {
    const path = folder.path(`k${channels}.png`);
    const data = Buffer.alloc(9 * channels, 255);
    for (let pixel = 0; pixel < 9; pixel += 1)
      data.fill(pixel === 4 ? 200 : pixel % 2 ? 50 : 0, pixel * channels, pixel * channels + Math.min(3, channels));
    await sharp(data, { raw: { width: 3, height: 3, channels } })
      .png()
      .toFile(path);
    expectClose(await psf.parse(path), [0, 0.125, 0, 0.125, 0.5, 0.125, 0, 0.125, 0], 1e-12);
  });

  it('of 16 bits drawn by the command line is the kernel again, but for rounding', async () => {
    const path = folder.path('drawn.png');
    const { code, stdout } = await runNode(['dist/cli/main.js', 'psf', 'disk:3+motion:6@50', '-o', path, '--json']);
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({
      code: 0,
      ok: true,
      output: path,
      report: { width: 15, height: 15, symmetric: true },
    });
    const drawn = await psf.read(path);
    drawn.data.forEach((weight) => {
      expect(weight).toBeGreaterThanOrEqual(0);
    });
    expect(at(drawn, 2, -1)).toBeCloseTo(at(kernel, 2, -1), 6);
  });

  it('of NumPy is the matrix, in either order', async () => {
    const [width, height] = [3, 5];
    const rows = Float64Array.from({ length: 15 }, (_, index) => index + 1);
    const columns = Float64Array.from(
      { length: 15 },
      (_, index) => rows[(index % height) * width + Math.floor(index / height)]!,
    );
    const expected = psf.fromArray({ width, height, data: rows });
    writeFileSync(folder.path('c.npy'), encodeNpy(width, height, rows));
    writeFileSync(folder.path('f.npy'), encodeNpy(width, height, columns, 'F'));
    writeFileSync(folder.path('f4.npy'), encodeNpy(width, height, Float32Array.from(rows)));
    for (const name of ['c.npy', 'f.npy', 'f4.npy']) expect(await psf.parse(folder.path(name))).toEqual(expected);
  });

  it('with an even side has its centre right of and below the middle, or where it is stated', async () => {
    const path = folder.path('even.npy');
    writeFileSync(path, encodeNpy(2, 2, Float64Array.of(1, 1, 1, 5)));
    expect(at(await psf.parse(path), 0, 0)).toBe(0.625);
    expect(at(await psf.parse(`${path}@1,0`), 0, 0)).toBe(0.125);
    expect(at(await psf.parse(`${path}@1,1`), 0, 0)).toBe(0.625);
    expect(at(await psf.parse(`${path}@centroid`), 0, 0)).toBe(0.625);
    await expect(psf.parse(`${path}@2,0`)).rejects.toThrow(/x of the PSF centre/);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['empty', Buffer.alloc(0), /the file is empty/],
    ['text', Buffer.from('no kernel'), /not a picture that can be read/],
    ['a NumPy header alone', encodeNpy(3, 3, new Float64Array(9)).subarray(0, 40), /header is truncated/],
    [
      'a truncated NumPy file',
      encodeNpy(3, 3, new Float64Array(9)).subarray(0, -8),
      /64 bytes of data where its header says 72/,
    ],
    [
      'a NumPy file of another type',
      Buffer.from(
        Buffer.from(encodeNpy(3, 3, new Float64Array(9)))
          .toString('latin1')
          .replace('<f8', '<c8'),
        'latin1',
      ),
      /type <c8 is not read: it holds complex numbers; save the kernel in the spatial domain/,
    ],
    [
      'a NumPy file of an absurd size',
      Buffer.from(
        Buffer.from(encodeNpy(3, 3, new Float64Array(9)))
          .toString('latin1')
          .replace('(3, 3)', '(99999999, 3)')
          .replace('  \n', '\n'),
        'latin1',
      ),
      /./,
    ],
  ])('that is %s is refused', async (name, bytes, message) => {
    const path = folder.path(`${name}.png`);
    writeFileSync(path, bytes);
    await expect(psf.read(path)).rejects.toThrow(message);
    await expect(psf.read(path)).rejects.toThrow(name);
  });

  it('that is black, too large or missing is refused', async () => {
    await sharp(Buffer.alloc(9), { raw: { width: 3, height: 3, channels: 1 } })
      .png()
      .toFile(folder.path('black.png'));
    await sharp(Buffer.alloc(600), { raw: { width: 600, height: 1, channels: 1 } })
      .png()
      .toFile(folder.path('large.png'));
    await expect(psf.read(folder.path('black.png'))).rejects.toThrow(/positive sum/);
    await expect(psf.read(folder.path('large.png'))).rejects.toThrow(/600x1 pixels/);
    await expect(psf.read(folder.path('missing.png'))).rejects.toThrow(/Cannot read the PSF .*ENOENT/);
    await expect(psf.read(folder.path('.'))).rejects.toThrow(/not a file/);
  });

  it('that is a named pipe is refused at once; an error keeps what caused it', async () => {
    execFileSync('mkfifo', [folder.path('pipe.npy')]);
    await expect(psf.read(folder.path('pipe.npy'))).rejects.toThrow(/it is a named pipe \(FIFO\), not a file/);
    await expect(psf.read(folder.path('black.png'))).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      cause: { code: 'ARGUMENT_INVALID', message: expect.stringMatching(/^The weights/) },
    });
  });
});

describe('a field of kernels', () => {
  const field = psf.fromGrid(
    3,
    [2, 2.5, 3, 2.5, 3, 3.5].map((radius) => psf.disk(radius)),
  );

  it('has kernels of one size, interpolated between the nodes', () => {
    expect(field).toMatchObject({ columns: 3, rows: 2 });
    expect(new Set(field.kernels.map(({ width }) => width))).toEqual(new Set([7]));
    expectClose(psf.kernelAt(field, 0.5, 0), Array.from(field.kernels[1]!.data), 1e-14);
    const between = psf.kernelAt(field, 0.25, 0);
    expect(at(between, 2, 0)).toBeCloseTo((at(field.kernels[0]!, 2, 0) + at(field.kernels[1]!, 2, 0)) / 2, 12);
  });

  it('is the sum of its modes, all of them exactly, few of them nearly', () => {
    for (const [modes, tolerance] of [
      [6, 1e-12],
      [3, 0.02],
    ] as const) {
      const { kernels, coefficients, energy } = psf.decompose(field, modes);
      const size = kernels.length / modes;
      field.kernels.forEach(({ data }, node) => {
        let total = 0;
        data.forEach((weight, index) => {
          let value = 0;
          for (let mode = 0; mode < modes; mode += 1)
            value += coefficients[mode * 6 + node]! * kernels[mode * size + index]!;
          expect(Math.abs(value - weight)).toBeLessThan(tolerance);
          total += value;
        });
        expect(total).toBeCloseTo(1, 12);
      });
      expect(energy).toBeGreaterThan(0.99);
      expect(energy).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  it('that is none is refused', () => {
    expect(() => psf.fromGrid(2, [psf.disk(1), psf.disk(1), psf.disk(1)])).toThrow(/3 PSFs do not fill rows of 2/);
    expect(() => psf.fromGrid(1, [])).toThrow(/number of PSFs/);
    expect(() => psf.decompose(field, 7)).toThrow(/for modes/);
  });

  it('rests on eigenvectors that are ones', () => {
    const matrix = [
      [4, 1, 0.5, 0],
      [1, 3, 0.2, -1],
      [0.5, 0.2, 2, 0.7],
      [0, -1, 0.7, 1],
    ];
    const { values, vectors } = decomposeSymmetric(matrix);
    expect(values).toEqual([...values].sort((a, b) => b - a));
    vectors.forEach((vector, index) => {
      matrix.forEach((row, i) => {
        expect(row.reduce((total, value, j) => total + value * vector[j]!, 0)).toBeCloseTo(
          values[index]! * vector[i]!,
          12,
        );
      });
    });
  });
});

describe('perifocal psf', () => {
  it('draws a kernel next to its transfer function', async () => {
    const path = folder.path('otf.png');
    const { code, stdout } = await runNode(['dist/cli/main.js', 'psf', 'disk:4', '-o', path, '--otf']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/otf\.png: 9x9, symmetric, largest weight 0\.01989\n$/);
    expect(await sharp(path).metadata()).toMatchObject({ width: 512, height: 256, depth: 'ushort' });
  });

  it('writes the weights themselves to FITS', async () => {
    const path = folder.path('kernel.fits');
    const { code } = await runNode(['dist/cli/main.js', 'psf', 'disk:3', '-o', path]);
    expect(code).toBe(0);
    expectClose(await psf.read(path), Array.from(psf.disk(3).data), 1e-7);
  });

  it.each<[string[], number, RegExp]>([
    [['disk:0', '-o', 'x.png'], 2, /for radius but received 0/],
    [['disk:4'], 2, /required option '-o/],
    [['box', '-o', 'x.png'], 2, /neither a shape nor a file/],
    [['missing.png', '-o', 'x.png'], 1, /Cannot read the PSF/],
    [['disk:4', '-o', 'x.jpg'], 2, /its extension must be one of \.png, \.tif, \.tiff, \.fits/],
  ])('%j fails with exit code %i', async (args, code, message) => {
    const result = await runNode(['dist/cli/main.js', 'psf', ...args]);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
  });
});
