import type { BandGroup, ComposeRequest, PixelMap } from '../../lib/runtime/native/binding.js';
import { roundToEven } from './frames.js';

const clamp = (value: number, high: number): number => Math.max(0, Math.min(high, value));

/** The bit that says that two colours share, by the sum of their places. */
const PAIRS: Readonly<Record<number, number>> = { 1: 1, 3: 2, 2: 4 };

/** `Binding.gatherRows`, written for reading. */
export function gatherRows(
  source: ComposeRequest['source'],
  { channels, group, white }: BandGroup,
  { rowPixels, colPixels }: PixelMap,
  out: Uint8Array,
): void {
  let target = 0;
  for (const row of rowPixels) {
    for (const column of colPixels) {
      for (let colour = 0; colour < 3; colour += 1) {
        const sample = source[(row + column) * channels + (group[colour] ?? group[0]!)]!;
        out[target++] = roundToEven(clamp((sample * 255) / white, 255));
      }
    }
  }
}

/** Calls `visit` with the pixel and the residual triple of every position of the map. */
function forEachPixel(
  request: Pick<ComposeRequest, 'residual' | 'residualWidth' | 'firstColumn' | 'map'>,
  visit: (pixel: number, residual: Int16Array, position: number) => void,
): void {
  const { residual, residualWidth, firstColumn, map } = request;
  map.rowPixels.forEach((row, r) => {
    map.colPixels.forEach((column, c) => {
      const position = r * residualWidth + firstColumn + c;
      visit(row + column, residual.subarray(3 * position, 3 * position + 3), position);
    });
  });
}

/** `Binding.accumulateRows`. */
export function accumulateRows(request: Parameters<typeof forEachPixel>[0], sums: Int16Array): void {
  forEachPixel(request, (pixel, residual) =>
    residual.forEach((value, colour) => {
      sums[3 * pixel + colour]! += value;
    }),
  );
}

/** `Binding.composeRows`, by the formulas of docs/model-format.md; a grey channel stands for three that share. */
export function composeRows(request: ComposeRequest): void {
  const { sums, passes, source, output, shared, bands } = request;
  const { channels, white, group } = bands;
  const members = group.length === 1 ? [group[0]!, group[0]!, group[0]!] : group;
  forEachPixel(request, (pixel, residual, position) => {
    const totals = Array.from(residual, (value, colour) => value + (sums ? sums[3 * pixel + colour]! : 0));
    const samples = members.map((channel) => source[pixel * channels + channel]!);
    const bits = shared ? shared[position]! : 0;
    members.forEach((channel, colour) => {
      const sharing = totals.filter(
        (_, other) => group.length === 1 || other === colour || bits & PAIRS[colour + other]!,
      );
      const steps = sharing.reduce((sum, value) => sum + value);
      const change = (steps * white) / (4080 * passes * sharing.length);
      output[pixel * channels + channel] = add(samples[colour]!, change, source);
    });
  });
}

/** Ties are ties of the whole sum in 8 bits and of the residual in 16. */
function add(sample: number, change: number, source: ComposeRequest['source']): number {
  if (source instanceof Float32Array) return sample + change;
  if (source instanceof Uint16Array) return clamp(sample + roundToEven(change), 65_535);
  return clamp(roundToEven(sample + change), 255);
}
