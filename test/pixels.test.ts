import { describe, expect, it } from 'vitest';
import { loadBinding } from '../lib/runtime/native/loader.js';
import type { ComposeRequest } from '../lib/runtime/native/binding.js';
import { createRandom } from '../lib/math/random.js';
import { createFrame, digest } from './support/frames.js';
import * as reference from './support/reference-pixels.js';

const binding = loadBinding();
const width = 23;
const height = 17;
const formats = ([8, 16] as const).flatMap((depth) => ([1, 2, 3, 4] as const).map((channels) => ({ channels, depth })));

/** A map over part of the frame, reversed and with a repeated row, as flips and reflection make them. */
const map = {
  rowPixels: Uint32Array.from([12, 11, 10, 5, 5], (row) => row * width),
  colPixels: Uint32Array.from({ length: 19 }, (_, column) => 20 - column),
};

/** Residuals over their whole range, zeros and ties among them. */
function createResidual(rows: number, residualWidth: number, seed: number): Int16Array {
  const random = createRandom(seed);
  return Int16Array.from({ length: rows * residualWidth * 3 }, (_, index) =>
    index % 5 === 0 ? 8 * (Math.floor(random() * 65) - 32) : Math.floor(random() * 16_383) - 8191,
  );
}

describe.each(formats)('pixels of $channels channels and $depth bits', ({ channels, depth }) => {
  const frame = createFrame({ width, height, channels, depth });

  it('enter the network as the reference says', () => {
    const [actual, expected] = [new Uint8Array(5 * 19 * 3), new Uint8Array(5 * 19 * 3)];
    binding.gatherRows(frame.data, channels, map, actual);
    reference.gatherRows(frame.data, channels, map, expected);
    expect(actual).toEqual(expected);
  });

  it.each([1, 2, 4] as const)('leave it as the reference says, after %i passes', (passes) => {
    // Repeated pixels would be added to twice, so each is written once here.
    const once = { ...map, rowPixels: map.rowPixels.subarray(0, 4) };
    const run = (functions: Pick<typeof binding, 'accumulateRows' | 'composeRows'>): string[] => {
      const sums = passes > 1 ? new Int16Array(width * height * 3) : null;
      const output = frame.data.slice();
      const request: ComposeRequest = {
        residual: createResidual(4, 25, 1),
        residualWidth: 25,
        firstColumn: 3,
        map: once,
        sums,
        passes,
        source: frame.data,
        output,
        channels,
      };
      for (let pass = 1; pass < passes; pass += 1) {
        functions.accumulateRows({ ...request, residual: createResidual(4, 25, 1 + pass) }, sums!);
      }
      functions.composeRows(request);
      return [digest(output), sums ? Buffer.from(sums.buffer).toString('base64') : ''];
    };
    expect(run(binding)).toEqual(run(reference));
  });
});
