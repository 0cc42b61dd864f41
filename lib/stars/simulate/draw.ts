import { fullScale } from '../../image/samples.js';
import { luminanceOf } from '../../image/luminance.js';
import type { AnyFrame, Frame } from '../../image/frame.js';
import type { StarResult } from '../restore-stars.js';

type Colour = readonly [number, number, number];
const TRAIL: Colour = [255, 160, 0];
const ELLIPSE: Colour = [0, 255, 120];
const CROSS: Colour = [90, 170, 255];
/** Error ellipses are drawn so many times as large, and at least so large, to be seen. */
const MAGNIFICATION = 20;
const SMALLEST = 3;
const CORNERS = 48;
/** The sky at this part of white, and this many of its standard deviations to white. */
const RANGE = 40;

/** The frame in grey with trails or disks, centroids, and error ellipses 20 times as large over it. */
export async function drawStars(source: AnyFrame, { stars, report: { shape, sky } }: StarResult): Promise<Frame> {
  const { width, height } = source;
  const grey = await luminanceOf(source);
  const scale = source.depth === 32 || grey.depth !== 32 ? 1 : fullScale(source);
  const data = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const value =
      (scale * grey.data[pixel * grey.channels]! - sky.level) / (RANGE * Math.max(sky.sigma, Number.MIN_VALUE));
    data.fill(Math.max(0, Math.min(255, Math.round(255 * Math.sqrt(Math.max(0, value))))), 3 * pixel, 3 * pixel + 3);
  }
  const canvas: Frame = { width, height, channels: 3, depth: 8, data };
  for (const { x, y, covariance } of stars) {
    if ('radius' in shape) drawEllipse(canvas, x, y, [shape.radius, 0], [0, shape.radius], TRAIL);
    else {
      const radians = (shape.angle * Math.PI) / 180;
      const [dx, dy] = [(shape.length / 2) * Math.cos(radians), -(shape.length / 2) * Math.sin(radians)];
      drawLine(canvas, x - dx, y - dy, x + dx, y + dy, TRAIL);
    }
    const [major, minor] = axesOf(covariance);
    drawEllipse(canvas, x, y, major, minor, ELLIPSE);
    drawLine(canvas, x - 1, y, x + 1, y, CROSS);
    drawLine(canvas, x, y - 1, x, y + 1, CROSS);
  }
  return canvas;
}

/** Half axes of an error ellipse, as drawn. */
function axesOf({
  xx,
  yy,
  xy,
}: {
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
}): readonly [readonly [number, number], readonly [number, number]] {
  const angle = 0.5 * Math.atan2(2 * xy, xx - yy);
  const [middle, spread] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)];
  const size = (variance: number): number => Math.max(SMALLEST, MAGNIFICATION * Math.sqrt(Math.max(0, variance)));
  const [a, b] = [size(middle + spread), size(middle - spread)];
  return [
    [a * Math.cos(angle), a * Math.sin(angle)],
    [-b * Math.sin(angle), b * Math.cos(angle)],
  ];
}

function drawEllipse(
  canvas: Frame,
  x: number,
  y: number,
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
  colour: Colour,
): void {
  const at = (corner: number): [number, number] => {
    const [c, s] = [Math.cos((2 * Math.PI * corner) / CORNERS), Math.sin((2 * Math.PI * corner) / CORNERS)];
    return [x + c * ax + s * bx, y + c * ay + s * by];
  };
  for (let corner = 0; corner < CORNERS; corner += 1) drawLine(canvas, ...at(corner), ...at(corner + 1), colour);
}

function drawLine(
  { width, height, data }: Frame,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  colour: Colour,
): void {
  const steps = Math.max(1, Math.ceil(2 * Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
  for (let step = 0; step <= steps; step += 1) {
    const [x, y] = [Math.round(x0 + ((x1 - x0) * step) / steps), Math.round(y0 + ((y1 - y0) * step) / steps)];
    if (x >= 0 && y >= 0 && x < width && y < height) data.set(colour, 3 * (y * width + x));
  }
}
