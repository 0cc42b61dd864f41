import { fullScale } from '../image/samples.js';
import { luminanceOf } from '../image/luminance.js';
import type { Frame } from '../image/frame.js';
import type { StarFit } from './measure/fit.js';
import { toRad } from './sky/angles.js';
import { expected } from '../runtime/validate.js';
import { StarResult } from './restore/result.js';
import type { StarShape } from './restore/result.js';

type Colour = readonly [number, number, number];
const TRAIL: Colour = [255, 160, 0];
const ELLIPSE: Colour = [0, 255, 120];
const CROSS: Colour = [90, 170, 255];
/** Error ellipses are drawn this many times as large, and at least this large, to be seen. */
const MAGNIFICATION = 20;
const SMALLEST = 3;
const CORNERS = 48;
/** The sky at this part of white, and this many of its standard deviations to white. */
const RANGE = 40;

/** A vector [x, y] in pixels. */
type Arm = readonly [number, number];

/**
 * The frame as it was read in grey (8 bits, RGB), with trails or disks, centroids, and error ellipses 20 times as large
 * over it.
 */
export async function drawStars(result: StarResult): Promise<Frame> {
  if (!(result instanceof StarResult)) throw expected('StarResult', 'result', result);
  const { source, stars } = result;
  const { shape, sky } = result.report;
  const { width, height } = source;
  const grey = await luminanceOf(source);
  const scale = source.depth === 32 || grey.depth !== 32 ? 1 : fullScale(source);
  const range = RANGE * Math.max(sky.sigma, Number.MIN_VALUE);
  const data = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const value = (scale * grey.data[pixel * grey.channels]! - sky.level) / range;
    const shade = Math.round(255 * Math.sqrt(Math.max(0, value)));
    data.fill(Math.min(255, shade), 3 * pixel, 3 * pixel + 3);
  }
  const canvas: Frame = { width, height, channels: 3, depth: 8, data };
  for (const star of stars) drawStar(canvas, star, shape);
  return canvas;
}

function drawStar(canvas: Frame, { x, y, covariance }: StarFit, shape: StarShape): void {
  drawShape(canvas, x, y, shape);
  drawEllipse(canvas, x, y, axesOf(covariance), ELLIPSE);
  drawLine(canvas, x - 1, y, x + 1, y, CROSS);
  drawLine(canvas, x, y - 1, x, y + 1, CROSS);
}

function drawShape(canvas: Frame, x: number, y: number, shape: StarShape): void {
  if ('radiusPx' in shape) {
    const { radiusPx } = shape;
    drawEllipse(
      canvas,
      x,
      y,
      [
        [radiusPx, 0],
        [0, radiusPx],
      ],
      TRAIL,
    );
    return;
  }
  const [half, angleRad] = [shape.lengthPx / 2, toRad(shape.angleDegrees)];
  const [dx, dy] = [half * Math.cos(angleRad), -half * Math.sin(angleRad)];
  drawLine(canvas, x - dx, y - dy, x + dx, y + dy, TRAIL);
}

/** Half axes of an error ellipse, as drawn. */
function axesOf({ xx, yy, xy }: StarFit['covariance']): readonly [Arm, Arm] {
  const angleRad = 0.5 * Math.atan2(2 * xy, xx - yy);
  const [middle, spread] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)];
  const size = (variance: number): number => Math.max(SMALLEST, MAGNIFICATION * Math.sqrt(Math.max(0, variance)));
  const [a, b] = [size(middle + spread), size(middle - spread)];
  const [cos, sin] = [Math.cos(angleRad), Math.sin(angleRad)];
  return [
    [a * cos, a * sin],
    [-b * sin, b * cos],
  ];
}

function drawEllipse(canvas: Frame, x: number, y: number, [a, b]: readonly [Arm, Arm], colour: Colour): void {
  const at = (corner: number): [number, number] => {
    const turnRad = (2 * Math.PI * corner) / CORNERS;
    const [cos, sin] = [Math.cos(turnRad), Math.sin(turnRad)];
    return [x + cos * a[0] + sin * b[0], y + cos * a[1] + sin * b[1]];
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
    const x = Math.round(x0 + ((x1 - x0) * step) / steps);
    const y = Math.round(y0 + ((y1 - y0) * step) / steps);
    if (x >= 0 && y >= 0 && x < width && y < height) data.set(colour, 3 * (y * width + x));
  }
}
