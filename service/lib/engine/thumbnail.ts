import sharp from 'sharp';
import type { AnyFrame } from 'perifocal';

/** Of the longer side, in pixels. */
export const THUMBNAIL_SIDE = 256;
const QUALITY = 80;
/** Points of a square that are averaged, a side: all of them would cost more than they show. */
const POINTS = 3;
const SPREAD_SHARE = 0.02;

export interface ThumbnailSize {
  readonly width: number;
  readonly height: number;
}

/** A size that fits into a square. */
function fit(width: number, height: number): ThumbnailSize {
  const scale = Math.min(1, THUMBNAIL_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** A small picture of a restored frame, as a JPEG. What is no colour of a screen is stretched to its range. */
export async function writeThumbnail(frame: AnyFrame, path: string): Promise<ThumbnailSize> {
  const size = fit(frame.width, frame.height);
  const bands = bandsOf(frame);
  const values = sample(frame, size, bands);
  const pixels = frame.depth === 8 ? Uint8Array.from(values) : stretch(values);
  const channels = bands.length as 1 | 3;
  await sharp(pixels, { raw: { ...size, channels } })
    .jpeg({ quality: QUALITY })
    .toFile(path);
  return size;
}

/** The bands that are red, green and blue, or the first one. */
function bandsOf({ channels, alpha, rgb }: AnyFrame): readonly number[] {
  const colours = channels - (alpha ? 1 : 0);
  return colours < 3 ? [0] : (rgb?.[0] ?? [0, 1, 2]);
}

/** Means of some points of every square. */
function sample(frame: AnyFrame, size: ThumbnailSize, bands: readonly number[]): Float32Array {
  const { data, width, height, channels } = frame;
  const out = new Float32Array(size.width * size.height * bands.length);
  const columns = places(size.width, width);
  const rows = places(size.height, height);
  let at = 0;
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) {
      for (const band of bands) {
        let sum = 0;
        for (let i = 0; i < POINTS; i += 1) {
          const row = rows[y * POINTS + i]! * width;
          for (let j = 0; j < POINTS; j += 1) sum += data[(row + columns[x * POINTS + j]!) * channels + band]!;
        }
        out[at++] = sum / POINTS ** 2;
      }
    }
  }
  return out;
}

/** The places in a line of `length` that are looked at for each of `count` values. */
const places = (count: number, length: number): Uint32Array =>
  Uint32Array.from({ length: count * POINTS }, (_, i) => Math.floor(((i + 0.5) * length) / (count * POINTS)));

/** From the darkest to the brightest value, but for a few, to 0 to 255. */
function stretch(values: Float32Array): Uint8Array {
  const sorted = values.filter(Number.isFinite).sort();
  const low = sorted[Math.floor(sorted.length * SPREAD_SHARE)] ?? 0;
  const high = sorted[Math.ceil(sorted.length * (1 - SPREAD_SHARE)) - 1] ?? 1;
  const scale = high > low ? 255 / (high - low) : 0;
  return Uint8Array.from(values, (value) => Math.min(255, Math.max(0, (value - low) * scale)));
}

/** A small picture of a file; null where libvips does not read it. */
export async function writeThumbnailOfFile(file: string, path: string): Promise<ThumbnailSize | null> {
  try {
    const fitted = sharp(file).resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: 'inside', withoutEnlargement: true });
    const { width, height } = await fitted.jpeg({ quality: QUALITY }).toFile(path);
    return { width, height };
  } catch {
    return null;
  }
}
