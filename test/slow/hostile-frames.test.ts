import { describe, expect, it } from 'vitest';
import { PerifocalError, createReport, estimate, metrics } from '../../lib/index.js';
import type { AnyFrame, EstimateOptions } from '../../lib/index.js';
import { createRandom } from '../../lib/math/random.js';

const [WIDTH, HEIGHT] = [400, 384];
const random = createRandom(7);

/** A frame of floats by its value at every pixel. */
function draw(valueAt: (x: number, y: number) => number): AnyFrame {
  const data = Float32Array.from({ length: WIDTH * HEIGHT }, (_, pixel) =>
    valueAt(pixel % WIDTH, Math.floor(pixel / WIDTH)),
  );
  return { width: WIDTH, height: HEIGHT, channels: 1, depth: 32, data };
}

function toBytes({ data, ...frame }: AnyFrame): AnyFrame {
  return { ...frame, depth: 8, data: Uint8Array.from(data, (value) => Math.round(255 * value)) } as AnyFrame;
}

const texture = (x: number, y: number): number =>
  0.5 + 0.2 * Math.sin(x / 5) * Math.cos(y / 7) + 0.15 * (((x >> 3) ^ (y >> 3)) % 2) + 0.02 * random();

const TEXTURE = draw(texture);

const FRAMES: Readonly<Record<string, AnyFrame>> = {
  'of zeros': draw(() => 0),
  'of ones': draw(() => 1),
  'of bytes that are 0': toBytes(draw(() => 0)),
  'of bytes that are all clipped': toBytes(draw(() => 1)),
  'of stripes': toBytes(draw((x) => (x % 2 === 0 ? 0.2 : 0.8))),
  'of a checkerboard': toBytes(draw((x, y) => ((x + y) % 2 === 0 ? 0.2 : 0.8))),
  'of a single bright pixel': toBytes(draw((x, y) => (x === 200 && y === 200 ? 1 : 0.1))),
  'of a ramp': draw((x) => x / WIDTH),
  'of NaN': draw(() => NaN),
  'of NaN in places': draw((x, y) => (x % 97 === 0 && y % 89 === 0 ? NaN : texture(x, y))),
  'with an infinite pixel': draw((x, y) => (x === 50 && y === 60 ? Infinity : texture(x, y))),
  'of huge floats': draw((x, y) => 3e38 * texture(x, y)),
  'of huge floats of both signs': draw((x, y) => (texture(x, y) > 0.6 ? 3e38 : -3e38)),
  'of tiny floats': draw((x, y) => 1e-38 * texture(x, y)),
  'of negative floats': draw((x, y) => -texture(x, y)),
  'clipped in its brighter half': toBytes(draw((x, y) => Math.min(1, 1.6 * texture(x, y)))),
};

/** Paths of what is no finite number in a result. Kernels and arrays of weights are looked through as well. */
function listStrange(value: unknown, path = 'result'): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path} = ${value}`];
  if (typeof value !== 'object' || value === null) return [];
  if (ArrayBuffer.isView(value)) return listStrange([...(value as Float64Array)], path).slice(0, 1);
  return Object.entries(value).flatMap(([key, entry]) => listStrange(entry, `${path}.${key}`));
}

/** The result, or null where the frame was refused with an error of this package. */
async function tryTo<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    expect(error).toBeInstanceOf(PerifocalError);
    expect((error as PerifocalError).code).not.toBe('INTERNAL');
    return null;
  }
}

describe.each(Object.entries(FRAMES))('a frame %s', (_, frame) => {
  it.each<[string, EstimateOptions]>([
    ['auto', {}],
    ['defocus', { kind: 'defocus' }],
    ['motion', { kind: 'motion' }],
    ['blind', { kind: 'blind' }],
    ['reference', { reference: TEXTURE, referenceScale: 1 }],
    ['itself as the reference', { reference: frame, referenceScale: 1 }],
  ])('gives finite numbers or a reason: %s', async (_, options) => {
    const found = await tryTo(() => estimate(frame, options));
    expect(listStrange(found)).toEqual([]);
    if (found?.blur.declined === null) expect(found.blur.kernel).not.toBeNull();
  });

  it('has metrics that are finite, or a reason', async () => {
    const measured = await tryTo(() => metrics.measure(frame));
    expect(listStrange(measured)).toEqual([]);
    const compared = await tryTo(() => metrics.measure(frame, { reference: TEXTURE }));
    expect(listStrange(compared)).toEqual([]);
  });

  it('makes a report, or is refused', async () => {
    const made = await tryTo(() => createReport(frame, frame));
    expect(made?.html ?? '').not.toMatch(/\bNaN\b|\bundefined\b/);
  });
});
