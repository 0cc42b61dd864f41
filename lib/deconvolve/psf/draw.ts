import type { Frame } from '../../image/frame.js';
import type { Psf } from './psf.js';

/** Side of a kernel and of its transfer function drawn next to each other. */
const PANEL = 256;
const WHITE = 65_535;

/** The kernel as a 16-bit grey picture, pixel by pixel, its largest weight white. It can be read as a PSF again. */
export function drawKernel({ width, height, data }: Psf): Frame {
  const largest = data.reduce((max, weight) => Math.max(max, weight), 0);
  return { width, height, channels: 1, depth: 16, data: Uint16Array.from(data, (weight) => Math.round((WHITE * Math.max(0, weight)) / largest)) };
}

/** The kernel, magnified, and to its right the magnitude of its transfer function, frequency 0 in the middle, 1 white. */
export function drawWithTransfer(psf: Psf): Frame {
  const kernel = drawKernel(psf);
  const transfer = transferMagnitude(psf, PANEL);
  const side = Math.max(psf.width, psf.height);
  const data = new Uint16Array(2 * PANEL * PANEL);
  for (let row = 0; row < PANEL; row += 1) {
    const y = Math.floor((row * side) / PANEL) - (side - psf.height) / 2;
    for (let column = 0; column < PANEL; column += 1) {
      const x = Math.floor((column * side) / PANEL) - (side - psf.width) / 2;
      const isInside = x >= 0 && x < psf.width && y >= 0 && y < psf.height;
      data[row * 2 * PANEL + column] = isInside ? kernel.data[y * psf.width + x]! : 0;
      data[row * 2 * PANEL + PANEL + column] = Math.min(WHITE, Math.round(WHITE * transfer[row * PANEL + column]!));
    }
  }
  return { width: 2 * PANEL, height: PANEL, channels: 1, depth: 16, data };
}

/** |H| on `size` x `size` frequencies from -1/2 up to 1/2 cycles per pixel, 0 at [size / 2][size / 2]; by its definition. */
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
      const [cos, sin] = [down.cos, down.sin].map((wave) => [dot(re, 0, wave, v * height, height), dot(im, 0, wave, v * height, height)] as const);
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
