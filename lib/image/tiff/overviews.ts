import type { Pauses } from '../../runtime/pauses.js';
import { hasAlpha } from '../frame.js';
import { besideNodata } from '../missing/keep.js';
import { nodataOf } from './nodata.js';
import type { TiffSamples } from './write-blocks.js';
import type { TiffDescription } from './write-description.js';

/** Which samples count in a mean. */
export interface ValidityRule {
  /** Value of missing samples, or null. What is not finite is always missing. */
  readonly nodata: number | null;
  /** Whether the last channel is alpha: colours of pixels of which it is 0 do not count. */
  readonly hasAlpha: boolean;
}

/** The rule of a picture, from its alpha and GDAL's nodata value. */
export function validityOf(description: TiffDescription): ValidityRule {
  return { nodata: nodataOf(description.metadata ?? {}, description), hasAlpha: hasAlpha(description) };
}

/** Rows of interleaved samples. */
export interface SampleRows {
  readonly samples: TiffSamples;
  readonly count: number;
  /** Pixels of a row. */
  readonly width: number;
  readonly channels: number;
  /** One byte per pixel, 0 where it is missing; null: none is by a mask. */
  readonly mask: Uint8Array | null;
}

/**
 * Means of 2x2 pixels, of 2x1 or 1x2 at the last column or row of odd sizes, written to `target`. Samples that are
 * missing do not count; where all are, the result is missing as they are.
 */
export async function halveRows(
  { samples, count, width, channels, mask }: SampleRows,
  target: TiffSamples,
  rule: ValidityRule,
  pauses: Pauses,
): Promise<void> {
  const half = Math.ceil(width / 2);
  const pixel = new PixelMean(samples, channels, mask, rule);
  for (let row = 0; 2 * row < count; row += 1) {
    if (pauses.isDue) await pauses.take();
    const below = 2 * row + 1 < count ? width * channels : 0;
    for (let column = 0; column < half; column += 1) {
      const at = (2 * row * width + 2 * column) * channels;
      const beside = 2 * column + 1 < width ? channels : 0;
      pixel.write(target, (row * half + column) * channels, at, beside, below);
    }
  }
}

/** The largest of up to four bytes of a mask: a pixel that shows something does not vanish. */
export function halveMask(mask: Uint8Array, count: number, width: number, target: Uint8Array): void {
  const half = Math.ceil(width / 2);
  for (let row = 0; 2 * row < count; row += 1) {
    const below = 2 * row + 1 < count ? width : 0;
    for (let column = 0; column < half; column += 1) {
      const at = 2 * row * width + 2 * column;
      const beside = 2 * column + 1 < width ? 1 : 0;
      const [above, under] = [Math.max(mask[at]!, mask[at + beside]!), at + below];
      target[row * half + column] = Math.max(above, mask[under]!, mask[under + beside]!);
    }
  }
}

/** Means of up to four pixels. */
class PixelMean {
  readonly #samples: TiffSamples;
  readonly #channels: number;
  readonly #mask: Uint8Array | null;
  readonly #rule: ValidityRule;
  readonly #isFloat: boolean;

  constructor(samples: TiffSamples, channels: number, mask: Uint8Array | null, rule: ValidityRule) {
    this.#samples = samples;
    this.#channels = channels;
    this.#mask = mask;
    this.#rule = rule;
    this.#isFloat = samples instanceof Float32Array;
  }

  /** @param beside distance to the pixel on the right, or 0 for none @param below to that of the next row, or 0 */
  write(target: TiffSamples, to: number, at: number, beside: number, below: number): void {
    const colours = this.#rule.hasAlpha ? this.#channels - 1 : this.#channels;
    for (let channel = 0; channel < colours; channel += 1)
      target[to + channel] = this.#colour(at, channel, beside, below);
    if (colours < this.#channels) target[to + colours] = this.#alpha(at + colours, beside, below);
  }

  #colour(at: number, channel: number, beside: number, below: number): number {
    let [sum, count] = [0, 0];
    for (let y = 0; y <= below; y += below || 1) {
      for (let x = 0; x <= beside; x += beside || 1) {
        const pixel = at + x + y;
        const value = this.#samples[pixel + channel]!;
        if (!this.#isValid(value, pixel)) continue;
        sum += value;
        count += 1;
      }
    }
    return count === 0 ? this.#missing(at + channel) : this.#avoidNodata(sum / count);
  }

  #isValid(value: number, pixel: number): boolean {
    const { nodata, hasAlpha: isTransparent } = this.#rule;
    if (value === nodata || !Number.isFinite(value)) return false;
    if (this.#mask && this.#mask[pixel / this.#channels] === 0) return false;
    return !isTransparent || this.#samples[pixel + this.#channels - 1] !== 0;
  }

  /** Where no sample is valid: the nodata value, or what is there in a transparent pixel. */
  #missing(at: number): number {
    return this.#rule.nodata ?? this.#samples[at]!;
  }

  /** Opacity: rounded up, so that a pixel that shows something does not vanish. */
  #alpha(at: number, beside: number, below: number): number {
    const values = [0, beside, below, beside + below].map((step) => this.#samples[at + step]!);
    const mean = (values[0]! + values[1]! + values[2]! + values[3]!) / 4;
    return this.#isFloat ? mean : Math.ceil(mean);
  }

  /** The mean as a sample; one that would be the nodata value becomes the next one. */
  #avoidNodata(mean: number): number {
    const value = this.#isFloat ? Math.fround(mean) : Math.round(mean);
    return value === this.#rule.nodata ? besideNodata(value, mean, this.#samples) : value;
  }
}
