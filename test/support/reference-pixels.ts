import type { ComposeRequest, PixelMap, Samples } from '../../lib/runtime/native/binding.js';
import { roundToEven } from './frames.js';

const clamp = (value: number, high: number): number => Math.max(0, Math.min(high, value));

/** `Binding.gatherRows`, written for reading. */
export function gatherRows(
  source: Samples,
  channels: number,
  { rowPixels, colPixels }: PixelMap,
  out: Uint8Array,
): void {
  let target = 0;
  for (const row of rowPixels) {
    for (const column of colPixels) {
      for (let colour = 0; colour < 3; colour += 1) {
        const sample = source[(row + column) * channels + (channels < 3 ? 0 : colour)]!;
        out[target++] = source instanceof Uint16Array ? roundToEven(sample / 257) : sample;
      }
    }
  }
}

/** Calls `visit` with the pixel and the residual triple of every position of the map. */
function forEachPixel(
  request: Pick<ComposeRequest, 'residual' | 'residualWidth' | 'firstColumn' | 'map'>,
  visit: (pixel: number, residual: Int16Array) => void,
): void {
  const { residual, residualWidth, firstColumn, map } = request;
  map.rowPixels.forEach((row, r) => {
    map.colPixels.forEach((column, c) => {
      const start = (r * residualWidth + firstColumn + c) * 3;
      visit(row + column, residual.subarray(start, start + 3));
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

/**
 * `Binding.composeRows`, by the formulas of docs/model-format.md; grey is restored by the mean of its three residuals.
 */
export function composeRows(request: ComposeRequest): void {
  const { sums, passes, source, output, channels } = request;
  const full = source instanceof Uint16Array ? 65_535 : 255;
  const steps = source instanceof Uint16Array ? 257 / (16 * passes) : 1 / (16 * passes);
  const isGrey = channels < 3;
  forEachPixel(request, (pixel, residual) => {
    const totals = Array.from(residual, (value, colour) => value + (sums ? sums[3 * pixel + colour]! : 0));
    const wanted = isGrey ? [totals.reduce((sum, value) => sum + value) / 3] : totals;
    for (let channel = 0; channel < channels; channel += 1) {
      const sample = source[pixel * channels + channel]!;
      const total = wanted[channel];
      // Alpha has no residual. Ties are ties of the whole sum in 8 bits and of the residual in 16.
      const restored =
        total === undefined
          ? sample
          : full === 255
            ? roundToEven(sample + total * steps)
            : sample + roundToEven(total * steps);
      output[pixel * channels + channel] = clamp(restored, full);
    }
  });
}
