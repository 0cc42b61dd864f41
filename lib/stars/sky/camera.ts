import { ArgumentError } from '../../runtime/errors.js';
import { expected, requireInteger, requireKnownKeys, requireNumber } from '../../runtime/validate.js';
import { MAX_SIDE, MIN_SIDE } from '../../image/frame.js';
import type { Vector } from '../../math/linear.js';

/** Which image axis each sensor axis lies along: rows of (image x, image y), columns of (sensor X, sensor Y). */
export type AxisMatrix = readonly [readonly [number, number], readonly [number, number]];

/** What a camera is apart from the size of its frames. */
export interface LensOptions {
  /** Focal length over pixel pitch, in pixels: 1 to 1e9. */
  readonly focalPx: number;
  /** Pixel coordinates [x, y] of the optical axis, -1e6 to 1e6; the middle of the frame by default. */
  readonly principalPoint?: readonly [number, number];
  /** Entries 0 and +-1; the identity by default: X to the right, Y downwards, Z towards the stars. */
  readonly axes?: AxisMatrix;
  /**
   * Radial distortion k1, k2, ...: r_image = r (1 + k1 r^2 + k2 r^4 + ...), r in units of the focal length. At most 6
   * terms, each from -1e3 to 1e3; none by default.
   */
  readonly distortion?: readonly number[];
}

/** A camera with the size of its frames. */
export interface CameraOptions extends LensOptions {
  /** Size of a frame in pixels, 16 to 65535 each. */
  readonly width: number;
  readonly height: number;
}

const KEYS = [
  'width',
  'height',
  'focalPx',
  'principalPoint',
  'axes',
  'distortion',
] as const satisfies (keyof CameraOptions)[];
const IDENTITY: AxisMatrix = [
  [1, 0],
  [0, 1],
];
/** What the numbers of a camera may be. */
const FOCAL_PX = [1, 1e9] as const;
const PLACE_PX = [-1e6, 1e6] as const;
const TERM = [-1e3, 1e3] as const;
/** More terms than any lens has been given. */
const MOST_TERMS = 6;
/** Newton converges within a handful of steps where the distortion can be undone at all. */
const MOST_STEPS = 50;

/**
 * A pinhole with radial distortion: directions in the sensor's frame to pixels and back. Pixel (0, 0) is the centre of
 * the first one, x goes to the right, y downwards.
 */
export class Camera {
  readonly width: number;
  readonly height: number;
  readonly focalPx: number;
  readonly principalPoint: readonly [number, number];
  readonly axes: AxisMatrix;
  readonly distortion: readonly number[];

  /** Throws ArgumentError. */
  constructor(options: CameraOptions) {
    requireKnownKeys('camera', options, KEYS);
    this.width = requireInteger('width', options.width, MIN_SIDE, MAX_SIDE);
    this.height = requireInteger('height', options.height, MIN_SIDE, MAX_SIDE);
    this.focalPx = requireNumber('focalPx', options.focalPx, ...FOCAL_PX);
    const [x, y] = options.principalPoint ?? [(this.width - 1) / 2, (this.height - 1) / 2];
    this.principalPoint = [
      requireNumber('principalPoint[0]', x, ...PLACE_PX),
      requireNumber('principalPoint[1]', y, ...PLACE_PX),
    ];
    this.axes = checkAxes(options.axes ?? IDENTITY);
    this.distortion = checkDistortion(options.distortion ?? []);
  }

  /** Unit vector in the sensor's frame of a pixel. Throws ArgumentError where no direction is distorted to there. */
  direction(x: number, y: number): Vector {
    const direction = this.directionIfAny(x, y);
    if (direction !== null) return direction;
    const radiusPx = Math.hypot(x - this.principalPoint[0], y - this.principalPoint[1]).toFixed(0);
    throw new ArgumentError(
      `The distortion ${this.distortion.join(', ')} folds over at ${radiusPx} pixels from the axis: check its terms`,
    );
  }

  /** {@link direction}; null where no direction is distorted to there. @internal */
  directionIfAny(x: number, y: number): Vector | null {
    const [[a, b], [c, d]] = this.axes;
    const [dx, dy] = [(x - this.principalPoint[0]) / this.focalPx, (y - this.principalPoint[1]) / this.focalPx];
    // The inverse of a signed permutation is its transpose.
    const [u, v] = [a * dx + c * dy, b * dx + d * dy];
    const bent = Math.hypot(u, v);
    const straight = bent === 0 ? 0 : this.#straighten(bent);
    if (straight === null) return null;
    const scale = bent === 0 ? 1 : straight / bent;
    const length = Math.hypot(u * scale, v * scale, 1);
    return [(u * scale) / length, (v * scale) / length, 1 / length];
  }

  /** Pixel of a direction in the sensor's frame; null behind the camera. */
  project([sx, sy, sz]: Vector): readonly [number, number] | null {
    return sz > 0 ? this.toPixel(sx / sz, sy / sz) : null;
  }

  /** Pixel of tangents u = X / Z, v = Y / Z. */
  toPixel(u: number, v: number): readonly [number, number] {
    const scale = this.focalPx * this.#bend(Math.hypot(u, v));
    const [x, y] = [u * scale, v * scale];
    const [[a, b], [c, d]] = this.axes;
    return [this.principalPoint[0] + a * x + b * y, this.principalPoint[1] + c * x + d * y];
  }

  /** 1 + k1 r^2 + k2 r^4 + ... */
  #bend(r: number): number {
    return 1 + this.distortion.reduceRight((sum, term) => (sum + term) * r * r, 0);
  }

  /** The radius that is distorted to `bent`, by Newton's method; null where there is none. */
  #straighten(bent: number): number | null {
    let r = bent;
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const slope =
        1 + this.distortion.reduce((sum, term, index) => sum + (2 * index + 3) * term * r ** (2 * index + 2), 0);
      const change = (r * this.#bend(r) - bent) / slope;
      r -= change;
      if (!(slope > 0)) break;
      if (Math.abs(change) < 1e-15 * (1 + bent)) return r;
    }
    return null;
  }
}

const isWithin = (value: number, [least, most]: readonly [number, number]): boolean => value >= least && value <= most;

/** Whether a camera can have these numbers: those that a fit may come to. */
export function isPossible({ focalPx, principalPoint = [0, 0], distortion = [] }: LensOptions): boolean {
  return (
    isWithin(focalPx, FOCAL_PX) &&
    principalPoint.every((place) => isWithin(place, PLACE_PX)) &&
    distortion.every((term) => isWithin(term, TERM))
  );
}

/** The camera of a frame: as it is given, or of the frame's size. Throws ArgumentError. */
export function cameraFor(
  camera: Camera | LensOptions,
  { width, height }: { readonly width: number; readonly height: number },
): Camera {
  return camera instanceof Camera ? camera : new Camera({ ...camera, width, height });
}

/** Throws ArgumentError unless the value is a camera, or one apart from the size of its frames. */
export function checkCamera(name: string, value: unknown): Camera | LensOptions {
  if (value instanceof Camera) return value;
  if (typeof value !== 'object' || value === null) throw expected('Camera or { focalPx }', name, value);
  for (const key of ['width', 'height'])
    if (key in value) throw new ArgumentError(`${name} with a ${key} must be a Camera: write new Camera(...)`);
  const lens = value as LensOptions;
  // What is wrong with a lens is wrong for frames of any size.
  cameraFor(lens, { width: MIN_SIDE, height: MIN_SIDE });
  return lens;
}

function checkAxes(axes: AxisMatrix): AxisMatrix {
  const isRow = (row: unknown): boolean =>
    Array.isArray(row) && row.length === 2 && row.every((value) => [-1, 0, 1].includes(value as number));
  if (!Array.isArray(axes) || axes.length !== 2 || !axes.every(isRow))
    throw expected('2x2 matrix of 0, 1 and -1', 'axes', axes);
  const [[a, b], [c, d]] = axes as AxisMatrix;
  if (Math.abs(a * d - b * c) !== 1 || a * b !== 0) {
    throw new ArgumentError(
      `The axes [[${a}, ${b}], [${c}, ${d}]] are not a turned or mirrored pair: each row and column needs one 1 or -1`,
    );
  }
  return axes;
}

function checkDistortion(terms: readonly number[]): readonly number[] {
  if (!Array.isArray(terms) || terms.length > MOST_TERMS)
    throw expected(`up to ${MOST_TERMS} numbers`, 'distortion', terms);
  return terms.map((term, index) => requireNumber(`distortion[${index}]`, term, ...TERM));
}
