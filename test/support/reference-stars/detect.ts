import { fft } from '../../../lib/index.js';
import type { Detection } from '../../../lib/stars/measure/detect.js';
import type { StarPlane } from '../../../lib/stars/measure/plane.js';
import { drawProfile } from './profile.js';
import type { StarProfile } from './profile.js';

/**
 * The matched filter. For noise of deviation sigma the response r = sum h g has the deviation sigma sqrt(sum h^2), and
 * r / sum h^2 is the flux that fits best. Stars are peaks of r above `threshold` deviations, the `most` brightest.
 */
export async function detectStars(
  plane: StarPlane,
  profile: StarProfile,
  { threshold, most }: { readonly threshold: number; readonly most: number },
): Promise<Detection[]> {
  const filter = drawProfile(profile);
  const power = filter.data.reduce((sum, value) => sum + value ** 2, 0);
  const response = await correlate(plane, filter);
  const deviation = plane.sigma * Math.sqrt(power);
  const candidates = [...response.keys()]
    .filter((pixel) => response[pixel]! > threshold * deviation && isPeak(response, plane, pixel))
    .map((pixel) => ({
      x: pixel % plane.width,
      y: Math.floor(pixel / plane.width),
      flux: response[pixel]! / power,
      snr: response[pixel]! / deviation,
    }))
    .sort((a, b) => b.snr - a.snr);
  const stars = candidates.reduce<Detection[]>((kept, star) => {
    const isHidden = kept.some((brighter) => hides(brighter, star, profile.reach));
    return isHidden || isStruck(plane, star, profile) ? kept : [...kept, star];
  }, []);
  return stars.slice(0, most);
}

/** By one transform of the whole frame; 0 beyond its edges. */
async function correlate(plane: StarPlane, filter: ReturnType<typeof drawProfile>): Promise<Float32Array> {
  const { width, height } = plane;
  const rows = fft.goodSize(height + filter.side);
  const columns = fft.goodSize(width + filter.side);
  using plan = await fft.plan({ rows, columns });
  const middle = (filter.side - 1) / 2;
  const kernel = new Float32Array(rows * columns);
  filter.data.forEach((value, index) => {
    const x = (index % filter.side) - middle;
    const y = Math.floor(index / filter.side) - middle;
    kernel[((y + rows) % rows) * columns + ((x + columns) % columns)] = value;
  });
  const padded = new Float32Array(rows * columns);
  plane.data.forEach((value, pixel) => {
    padded[Math.floor(pixel / width) * columns + (pixel % width)] = value;
  });
  const h = await plan.forward(kernel);
  const g = await plan.forward(padded);
  // Correlation: G times the conjugate of H.
  const product = {
    re: g.re.map((re, bin) => re * h.re[bin]! + g.im[bin]! * h.im[bin]!),
    im: g.im.map((im, bin) => im * h.re[bin]! - g.re[bin]! * h.im[bin]!),
  };
  const all = await plan.inverse(product);
  return new Float32Array(width * height).map(
    (_, pixel) => all[Math.floor(pixel / width) * columns + (pixel % width)]!,
  );
}

/** Whether a pixel is the highest of the nine around it, the last of them where several are. The rim has no nine. */
function isPeak(response: Float32Array, { width, height }: StarPlane, pixel: number): boolean {
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  if (x === 0 || y === 0 || x === width - 1 || y === height - 1) return false;
  const nine = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => pixel + dy * width + dx));
  const highest = Math.max(...nine.map((neighbour) => response[neighbour]!));
  return nine.findLast((neighbour) => response[neighbour] === highest) === pixel;
}

/** A star hides what is within its profile, and what has less than 8 % of its SNR within three times that. */
function hides(star: Detection, other: Detection, reach: number): boolean {
  const distance = Math.hypot(star.x - other.x, star.y - other.y);
  return distance < reach || (distance < 3 * reach && other.snr / star.snr < 0.08);
}

/** Hot, or hit by a particle: a pixel is above twice the top of the star's profile, and 5 sigma more. */
function isStruck({ width, data, sigma }: StarPlane, star: Detection, profile: StarProfile): boolean {
  const values = new Float64Array(3 + profile.shape.length);
  profile.sample(0, 0, values);
  const highest = 2 * star.flux * values[0]! + 5 * sigma;
  const reach = Math.ceil(profile.reach);
  return data.some((value, pixel) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    return value > highest && Math.abs(x - star.x) <= reach && Math.abs(y - star.y) <= reach;
  });
}
