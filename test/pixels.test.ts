import { describe, expect, it } from 'vitest';
import { loadBinding } from '../lib/runtime/native/loader.js';
import type { BandGroup, ComposeRequest } from '../lib/runtime/native/binding.js';
import { createRandom } from '../lib/math/random.js';
import { createFrame } from './support/frames.js';
import * as reference from './support/reference-pixels.js';

const binding = loadBinding();
const width = 23;
const height = 17;

const groups: readonly BandGroup[] = [
  { channels: 1, group: [0], white: 1 },
  { channels: 2, group: [0], white: 1 },
  { channels: 3, group: [0, 1, 2], white: 1 },
  { channels: 4, group: [0, 1, 2], white: 1 },
  { channels: 4, group: [3], white: 1 },
  { channels: 8, group: [6, 2, 4], white: 1 },
];
const formats = [
  { depth: 8, white: 255 },
  { depth: 8, white: 200 },
  { depth: 16, white: 65_535 },
  { depth: 16, white: 4095 },
  { depth: 16, white: 10_000 },
  { depth: 32, white: 1 },
  { depth: 32, white: 1e-4 },
] as const;
const cases = groups.flatMap((bands) =>
  formats.map(({ depth, white }) => ({ depth, bands: { ...bands, white } satisfies BandGroup })),
);

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

/** Samples around the white level, above it too, with channels that are often equal. */
function createSamples(depth: 8 | 16 | 32, { channels, white }: BandGroup): ComposeRequest['source'] {
  const { data } = createFrame({ width, height, channels, depth: 16 });
  const top = depth === 8 ? 255 : depth === 16 ? 65_535 : Infinity;
  const levels = Array.from(data, (sample, index) => (index % 7 < 3 ? 0.5 : sample / 60_000));
  const samples = levels.map((level) => Math.min(top, level * white));
  if (depth === 32) return Float32Array.from(samples);
  return depth === 16 ? Uint16Array.from(samples) : Uint8Array.from(samples);
}

/** All ways of sharing, as they are possible: two pairs make all three. */
const createShared = (count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, index) => [0, 1, 2, 4, 7][index % 5]!);

describe.each(cases)('group $bands.group of $bands.channels channels, $depth bits, white $bands.white', (item) => {
  const { depth, bands } = item;
  const source = createSamples(depth, bands);

  it('enters the network as the reference says', () => {
    const [actual, expected] = [new Uint8Array(5 * 19 * 3), new Uint8Array(5 * 19 * 3)];
    binding.gatherRows(source, bands, map, actual);
    reference.gatherRows(source, bands, map, expected);
    expect(actual).toEqual(expected);
  });

  it.each([1, 2, 4] as const)('leaves it as the reference says, after %i passes', (passes) => {
    // Repeated pixels would be added to twice, so each is written once here.
    const once = { ...map, rowPixels: map.rowPixels.subarray(0, 4) };
    const run = (functions: Pick<typeof binding, 'accumulateRows' | 'composeRows'>): unknown[] => {
      const sums = passes > 1 ? new Int16Array(width * height * 3) : null;
      const output = source.slice();
      const request: ComposeRequest = {
        residual: createResidual(4, 25, 1),
        residualWidth: 25,
        firstColumn: 3,
        map: once,
        sums,
        passes,
        source,
        output,
        shared: createShared(4 * 25),
        bands,
      };
      for (let pass = 1; pass < passes; pass += 1) {
        functions.accumulateRows({ ...request, residual: createResidual(4, 25, 1 + pass) }, sums!);
      }
      functions.composeRows(request);
      return [output, sums];
    };
    expect(run(binding)).toEqual(run(reference));
  });
});

it('takes what is no number for black', () => {
  const out = new Uint8Array(9);
  const one = { rowPixels: Uint32Array.of(0), colPixels: Uint32Array.of(0, 1, 2) };
  const samples = Float32Array.of(NaN, -Infinity, Infinity);
  binding.gatherRows(samples, { channels: 1, group: [0], white: 1 }, one, out);
  expect([...out]).toEqual([0, 0, 0, 0, 0, 0, 255, 255, 255]);
});
