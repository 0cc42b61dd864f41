import { describe, expect, it } from 'vitest';
import { stars } from '../../lib/index.js';
import type { AnyFrame, Frame } from '../../lib/index.js';
import { without } from '../support/parts.js';

const SIDE = 512;
/** The half that is there. */
const HALF = { left: 0, top: 0, width: SIDE / 2, height: SIDE };
const motion = { lengthPx: 12, angleDegrees: 20 };
const options = { motion } as const;
const { frame: source } = stars.simulate({
  width: SIDE,
  height: SIDE,
  stars: 24,
  flux: [8000, 40_000],
  separationPx: 40,
  motion,
  seed: 7,
});
const frame = source as Frame;

const isInside = ({ x }: { readonly x: number }): boolean => x < HALF.width - 16;

describe('a star frame of which a half is missing', () => {
  it.each(['richardson-lucy', 'hyper-laplacian', 'render', 'none'] as const)(
    'gives the stars of the other half, and keeps what is missing: %s',
    async (method) => {
      const [whole, found] = [
        await stars.restoreStars(frame, { ...options, method }),
        await stars.restoreStars(without(frame, HALF, 3), { ...options, method, nodata: 3 }),
      ];
      const expected = whole.stars.filter(isInside);
      expect(expected.length).toBeGreaterThan(5);
      for (const star of expected) {
        const near = Math.min(...found.stars.map(({ x, y }) => Math.hypot(x - star.x, y - star.y)));
        expect(near).toBeLessThan(0.1);
      }
      expect(found.stars.filter(({ x }) => x > HALF.width + 16)).toEqual([]);
      expect(found.stars.filter(isInside)).toHaveLength(expected.length);
      const { channels } = frame;
      for (let y = 0; y < SIDE; y += 1) {
        const row = found.frame.data.subarray((y * SIDE + HALF.width) * channels, (y + 1) * SIDE * channels);
        expect(row.every((value) => value === 3)).toBe(true);
      }
      expect(Math.abs(found.report.sky.sigma / whole.report.sky.sigma - 1)).toBeLessThan(0.05);
      expect(found.report.missingPixels).toBe((SIDE * SIDE) / 2);
    },
  );

  it('takes several bands, and white as it is given', async () => {
    const picked = (bands: number, factor: number): AnyFrame => ({
      width: SIDE,
      height: SIDE,
      channels: bands,
      depth: 16,
      alpha: false,
      white: 255 * factor,
      data: Uint16Array.from(
        { length: SIDE * SIDE * bands },
        (_, at) => factor * frame.data[Math.floor(at / bands) * frame.channels]!,
      ),
    });
    const alone = await stars.restoreStars(picked(1, 16), options);
    expect(alone.stars.length).toBeGreaterThan(15);
    for (const bands of [2, 4, 5]) {
      const found = await stars.restoreStars(picked(bands, 16), options);
      expect(found.stars).toHaveLength(alone.stars.length);
      expect(found.stars[0]!.x).toBeCloseTo(alone.stars[0]!.x, 3);
      const scaled = await stars.restoreStars(without(picked(bands, 16), HALF, 65_535), { ...options, nodata: 65_535 });
      expect(scaled.stars.length).toBeGreaterThan(5);
    }
  });
});
