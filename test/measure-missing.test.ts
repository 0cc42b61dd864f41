import { describe, expect, it } from 'vitest';
import { createReport, metrics } from '../lib/index.js';
import type { AnyFrame } from '../lib/index.js';
import { createFrame } from './support/frames.js';
import { crop, without } from './support/parts.js';

const NODATA = 7;
const WIDTH = 416;
const HEIGHT = 200;
/** The half that is there. */
const HALF = { left: 0, top: 0, width: 208, height: HEIGHT };

const frame = createFrame({ width: WIDTH, height: HEIGHT, depth: 16, range: [0.2, 0.8] });
const reference = createFrame({ width: WIDTH, height: HEIGHT, depth: 16, range: [0.2, 0.8], seed: 3 });

const COMPARISONS = ['psnr', 'ssim', 'msSsim'] as const;

describe('metrics of a frame of which a half is missing', () => {
  it.each(COMPARISONS)('give the same %s as the other half alone, in whichever frame it is missing', async (name) => {
    const alone = await metrics[name](crop(frame, HALF), crop(reference, HALF));
    const gap = without(frame, HALF, NODATA);
    expect(await metrics[name](gap, reference, { nodata: NODATA })).toBeCloseTo(alone, 9);
    expect(await metrics[name](frame, without(reference, HALF, NODATA), { nodata: NODATA })).toBeCloseTo(alone, 9);
  });

  it('are the same for any number of threads', async () => {
    const gap = without(frame, { left: 13, top: 20, width: 301, height: 170 }, NODATA);
    const measured = async (threads: 1 | 2 | 3): Promise<unknown> =>
      (await metrics.measure(gap, { reference, nodata: NODATA, threads })).values;
    const expected = await measured(1);
    for (const threads of [2, 3] as const) expect(await measured(threads)).toEqual(expected);
  });

  it('leave out blocks and pixels of metrics without a reference', async () => {
    const gap = without(frame, HALF, NODATA);
    const options = { nodata: NODATA, white: 65_535 };
    const part = crop(frame, HALF);
    for (const name of ['niqe', 'brisque', 'edgeSharpness'] as const) {
      const [found, alone] = [await metrics[name](gap, options), await metrics[name](part, options)];
      expect(Math.abs(found / alone - 1), `${name}: ${found} of ${alone}`).toBeLessThan(0.05);
    }
  });

  it('say how many pixels they have left out', async () => {
    const gap = without(frame, HALF, NODATA);
    const found = await metrics.measure(gap, { reference, nodata: NODATA });
    expect(found).toMatchObject({ missingPixels: (WIDTH * HEIGHT) / 2, white: 65_535 });
  });

  it('refuse what cannot be measured without it', async () => {
    const dots = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => Number(pixel % 7 !== 0));
    await expect(metrics.ssim(frame, reference, { valid: dots })).rejects.toThrow(/windows of 11x11 pixels/);
    await expect(metrics.niqe(frame, { valid: dots })).rejects.toThrow(/no block of 96x96 pixels is whole/);
    expect(await metrics.psnr(frame, reference, { valid: dots })).toBeGreaterThan(0);
    const region = { left: 0, top: 0, width: 40, height: 40 };
    await expect(metrics.mtf50(frame, { valid: dots, region })).rejects.toThrow(/has pixels that are missing/);
  });

  it('leave out what is no number, and what is transparent', async () => {
    const floats = (source: AnyFrame): AnyFrame => ({
      ...source,
      depth: 32,
      white: 1,
      data: Float32Array.from(source.data, (value) => value / 65_535),
    });
    const alone = await metrics.ssim(floats(crop(frame, HALF)), floats(crop(reference, HALF)));
    expect(await metrics.ssim(without(floats(frame) as never, HALF, NaN), floats(reference))).toBeCloseTo(alone, 9);
  });
});

describe('reports', () => {
  it('show missing pixels as such, and do not count them', async () => {
    const gap = without(frame, HALF, NODATA);
    const { html, report } = await createReport(gap, frame, { reference, nodata: NODATA });
    expect(html).toContain('Pixels that are missing are transparent.');
    expect(html).toContain(`Of the ${(WIDTH * HEIGHT) / 2} pixels that are missing`);
    expect(report.missingPixels).toBe((WIDTH * HEIGHT) / 2);
  });
});
