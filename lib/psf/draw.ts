import type { FloatFrame, Frame } from '../image/frame.js';
import type { Psf } from './psf.js';
import { transferMagnitude } from './transfer.js';

/** Side of a kernel and of its transfer function drawn next to each other. */
const PANEL = 256;
const WHITE = 65_535;

/** The kernel as a 16-bit grey picture, pixel by pixel, its largest weight white. It can be read as a PSF again. */
export function drawKernel({ width, height, data }: Psf): Frame {
  const largest = data.reduce((max, weight) => Math.max(max, weight), 0);
  return {
    width,
    height,
    channels: 1,
    depth: 16,
    data: Uint16Array.from(data, (weight) => Math.round((WHITE * Math.max(0, weight)) / largest)),
  };
}

/** The weights as floats. */
export function kernelFrame({ width, height, data }: Psf): FloatFrame {
  return { width, height, channels: 1, depth: 32, data: Float32Array.from(data) };
}

/**
 * The kernel, magnified, and to its right the magnitude of its transfer function, frequency 0 in the middle, 1 white.
 */
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
