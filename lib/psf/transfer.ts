import type { Psf } from './psf.js';

/**
 * |H| on `size` x `size` frequencies from -1/2 up to 1/2 cycles per pixel, 0 at [size / 2][size / 2]; by its
 * definition.
 */
export function transferMagnitude({ width, height, data }: Psf, size: number): Float64Array {
  const waves = (count: number): { cos: Float64Array; sin: Float64Array } => {
    const phases = Float64Array.from({ length: size * count }, (_, index) => {
      const frequency = (Math.floor(index / count) - size / 2) / size;
      return 2 * Math.PI * frequency * ((index % count) - (count - 1) / 2);
    });
    return { cos: phases.map(Math.cos), sin: phases.map(Math.sin) };
  };
  const [across, down] = [waves(width), waves(height)];
  const magnitude = new Float64Array(size * size);
  const [re, im] = [new Float64Array(height), new Float64Array(height)];
  for (let u = 0; u < size; u += 1) {
    for (let row = 0; row < height; row += 1) {
      re[row] = dot(data, row * width, across.cos, u * width, width);
      im[row] = dot(data, row * width, across.sin, u * width, width);
    }
    for (let v = 0; v < size; v += 1) {
      const [cos, sin] = [down.cos, down.sin].map(
        (wave) => [dot(re, 0, wave, v * height, height), dot(im, 0, wave, v * height, height)] as const,
      );
      magnitude[v * size + u] = Math.hypot(cos![0] - sin![1], cos![1] + sin![0]);
    }
  }
  return magnitude;
}

function dot(a: Float64Array, startA: number, b: Float64Array, startB: number, count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum += a[startA + index]! * b[startB + index]!;
  return sum;
}
