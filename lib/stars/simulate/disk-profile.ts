import { erf } from '../../math/erf.js';

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
/** Nodes of the integral over the disk; the substitution makes it smooth, so that it converges exponentially. */
const NODES = 96;
/** Steps of the table per pixel, and how many standard deviations it goes beyond the disk. */
const STEPS_PER_PIXEL = 32;
const TAIL = 7;

/** A defocused star of flux 1: a disk seen through a Gaussian, as a table over the distance from its centre. */
export class DiskProfile {
  readonly radiusPx: number;
  readonly sigmaPx: number;
  /** The profile is 0 beyond this distance, in pixels. */
  readonly reachPx: number;
  readonly #values: Float64Array;
  readonly #slopes: Float64Array;

  /** @param radiusPx of the disk @param sigmaPx of the Gaussian; both > 0 */
  constructor(radiusPx: number, sigmaPx: number) {
    this.radiusPx = radiusPx;
    this.sigmaPx = sigmaPx;
    this.reachPx = radiusPx + TAIL * sigmaPx;
    const count = Math.ceil(this.reachPx * STEPS_PER_PIXEL) + 2;
    this.#values = new Float64Array(count);
    this.#slopes = new Float64Array(count);
    for (let step = 0; step < count; step += 1) this.#fill(step);
  }

  /** Strip by strip across the disk: x = R sin(phi), a strip's height is 2 R cos(phi). */
  #fill(step: number): void {
    const r = step / STEPS_PER_PIXEL;
    const { radiusPx: radius, sigmaPx: sigma } = this;
    let [value, slope] = [0, 0];
    for (let node = 0; node < NODES; node += 1) {
      const phi = ((node + 0.5) / NODES - 0.5) * Math.PI;
      const [x, half] = [radius * Math.sin(phi), radius * Math.cos(phi)];
      const t = (r - x) / sigma;
      const term = (Math.exp(-(t * t) / 2) / (sigma * ROOT_TWO_PI)) * erf(half / (sigma * Math.SQRT2)) * half;
      value += term;
      slope -= (t / sigma) * term;
    }
    const scale = Math.PI / NODES / (Math.PI * radius * radius);
    this.#values[step] = value * scale;
    this.#slopes[step] = (slope * scale) / STEPS_PER_PIXEL;
  }

  /** Density per square pixel at a distance from the centre, by Hermite's cubic. */
  density(r: number): number {
    const position = r * STEPS_PER_PIXEL;
    const node = Math.floor(position);
    if (!(node + 1 < this.#values.length)) return 0;
    const t = position - node;
    const [value, slope] = [this.#values[node]!, this.#slopes[node]!];
    const rise = this.#values[node + 1]! - value;
    const curve = slope + this.#slopes[node + 1]! - 2 * rise;
    return value + t * (slope + t * (rise - slope - curve + t * curve));
  }
}
