import { describe, expect, it } from 'vitest';
import { PassGeometry, createAxis, ensembleFlips, exactHalo, layoutPanels } from '../lib/network/passes.js';

describe('the exact halo', () => {
  it('covers the receptive field of both published shapes, rounded up to the grid', () => {
    expect(exactHalo(8)).toEqual({ before: 244, after: 240 });
    expect(exactHalo(20)).toEqual({ before: 580, after: 576 });
  });
});

describe('an axis', () => {
  it('pads by reflection at its far end', () => {
    expect([...createAxis(5, false).indices]).toEqual([0, 1, 2, 3, 4, 3, 2, 1]);
    expect([...createAxis(8, false).indices]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('keeps the padding on the same physical side when flipped', () => {
    expect(createAxis(5, true)).toEqual({ indices: Uint32Array.from([1, 2, 3, 4, 3, 2, 1, 0]), begin: 3, end: 8 });
  });
});

describe('panels', () => {
  it.each([
    [2048, 1024, 8],
    [2048, 684, 8],
    [1536, 128, 8],
    [8192, 512, 20],
    [420, 128, 1],
    [100, 128, 1],
    [516, 512, 2],
  ])(
    'of %i columns in cores of at most %i (n = %i) cover every column once, with their whole halo',
    (width, core, blocks) => {
      const { pipelineWidth, panels } = layoutPanels(width, core, blocks);
      const { before, after } = exactHalo(blocks);
      let next = 0;
      for (const { start, coreStart, coreEnd } of panels) {
        expect(coreStart).toBe(next);
        expect(coreEnd - coreStart).toBeLessThanOrEqual(core);
        expect((start % 4) + (pipelineWidth % 4) + (coreStart % 4)).toBe(0);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(start).toBeLessThanOrEqual(Math.max(0, coreStart - before));
        expect(start + pipelineWidth).toBeLessThanOrEqual(width);
        expect(start + pipelineWidth).toBeGreaterThanOrEqual(Math.min(width, coreEnd + after));
        next = coreEnd;
      }
      expect(next).toBe(width);
    },
  );
});

describe('a pass', () => {
  const sizes = [
    [16, 16],
    [17, 23],
    [30, 21],
    [45, 64],
  ] as const;
  const cases = sizes.flatMap((size) =>
    [false, true].flatMap((transposed) => ensembleFlips(4).map((flip) => ({ size, transposed, flip }))),
  );

  it.each(cases)(
    'writes every pixel of $size exactly once (transposed $transposed, flip $flip)',
    ({ size: [width, height], transposed, flip }) => {
      const geometry = new PassGeometry({ width, height }, transposed, flip);
      const { pipelineWidth, panels } = layoutPanels(Math.ceil((transposed ? height : width) / 4) * 4, 16, 1);
      const writes = new Uint8Array(width * height);
      for (const panel of panels) {
        for (let row = 0; row < geometry.height; row += 5) {
          const count = Math.min(5, geometry.height - row);
          const read = geometry.readMap(row, count, panel.start, pipelineWidth);
          const window = geometry.writeWindow(row, count, panel);
          window?.map.rowPixels.forEach((rowPixel, r) => {
            window.map.colPixels.forEach((colPixel, c) => {
              writes[rowPixel + colPixel] = writes[rowPixel + colPixel]! + 1;
              // What is written comes from the residual of the same pixel that was read there.
              expect(read.rowPixels[r + window.skippedRows]! + read.colPixels[c + window.firstColumn]!).toBe(
                rowPixel + colPixel,
              );
            });
          });
        }
      }
      expect(writes.every((count) => count === 1)).toBe(true);
    },
  );

  it('reads the pixel that the flips and the transposition name', () => {
    const width = 20;
    const geometry = new PassGeometry({ width, height: 16 }, true, { x: true, y: false });
    const { rowPixels, colPixels } = geometry.readMap(3, 1, 4, 8);
    expect([...colPixels].map((column) => rowPixels[0]! + column)).toEqual(
      [4, 5, 6, 7, 8, 9, 10, 11].map((y) => y * width + (19 - 3)),
    );
  });
});
