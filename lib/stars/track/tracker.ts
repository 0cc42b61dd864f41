import { ArgumentError } from '../../runtime/errors.js';
import type { EncodedImage } from '../../image/decode.js';
import type { AnyFrame } from '../../image/frame.js';
import { readSource } from '../../image/source.js';
import { translateNativeError } from '../../runtime/native/loader.js';
import { OneAtATime } from '../../runtime/one-at-a-time.js';
import { requireInteger, requireKnownKeys, requireNumber, requireSignal } from '../../runtime/validate.js';
import { Camera } from '../sky/camera.js';
import { fitStars } from '../measure/fit.js';
import { diskLook, missesTrail, sharpLook, straightLook } from '../measure/look.js';
import type { StarLook } from '../measure/look.js';
import { sensorRates, tracePath } from '../sky/motion-path.js';
import type { GyroMotion } from '../sky/motion-path.js';
import type { NativeOptions } from '../measure/native.js';
import { checkStarOptions } from '../options.js';
import type { RestoreStarsOptions, StarSettings } from '../options.js';
import { pathPsf } from '../restore/path-psf.js';
import { DefocusProfile, StreakProfile } from '../measure/profile.js';
import { refineRates } from '../sky/refine-rates.js';
import type { StarProfile } from '../measure/profile.js';
import type { StraightMotion } from '../simulate/simulate.js';
import { clearest, keepClear, restoreFrame, searchFrame } from '../restore-stars.js';
import type { StarFinder, StarResult, StarSearch } from '../restore-stars.js';
import { chordOfRates, compareRates } from './disagreement.js';
import type { RateDisagreement } from './disagreement.js';
import { detectNear } from './follow.js';
import { TrackTable } from './tracks.js';
import type { Prediction, StarTrack } from './tracks.js';
import type { FieldMotion, Place } from './transform.js';

export interface StarTrackerOptions extends Omit<RestoreStarsOptions, 'motion' | 'signal' | 'onProgress'> {
  /** Trails of frames of which no rates are given; 'auto' unless `defocus` is. */
  readonly motion?: Exclude<RestoreStarsOptions['motion'], object | undefined> | StraightMotion;
  /** Needed where frames come with rates. */
  readonly camera?: Camera;
  /** A star may be this far from its prediction, in pixels; 12. */
  readonly reach?: number;
  /** A track ends after so many frames without its star; 3. */
  readonly patience?: number;
  /** After so many frames in tracking mode the whole frame is searched again; 20. */
  readonly refresh?: number;
}

export interface NextFrameOptions {
  /** What the gyroscope says of this exposure. */
  readonly gyro?: GyroMotion;
  /** Seconds from the middle of the exposure before to that of this one; with `gyro`, predicts places. */
  readonly interval?: number;
  readonly signal?: AbortSignal;
}

/** One frame of a sequence. */
export interface TrackedFrame {
  readonly result: StarResult;
  /** 'tracked': looked for stars where they were expected; 'acquired': in the whole frame. */
  readonly mode: 'tracked' | 'acquired';
  readonly tracks: readonly StarTrack[];
  /** How the field has moved since the frame before, in pixels, turned about pixel (0, 0); null where no star was seen in both. */
  readonly motion: FieldMotion | null;
  /** Rates against what the frame shows; null without rates or stars. */
  readonly disagreement: RateDisagreement | null;
}

/** Fewer tracks than this do not carry a shape. */
const LEAST_TRACKS = 2;
/** Fewer followed stars than this part of the predicted ones: the prediction is wrong, and the frame is searched. */
const LEAST_FOLLOWED = 0.5;

/** Restores and measures sequences of star frames of one size: follows stars from frame to frame, and searches where that fails. */
export class StarTracker implements AsyncDisposable {
  readonly #options: Omit<RestoreStarsOptions, 'motion' | 'signal'>;
  readonly #motion: StarTrackerOptions['motion'];
  readonly #camera: Camera | undefined;
  readonly #reach: number;
  readonly #refresh: number;
  readonly #table: TrackTable;
  readonly #runs = new OneAtATime('tracker');
  #size: { readonly width: number; readonly height: number } | null = null;
  #profile: StarProfile | null = null;
  #sinceSearch = 0;

  private constructor({ motion, camera, reach, patience, refresh, ...options }: StarTrackerOptions) {
    this.#options = options;
    this.#motion = motion;
    this.#camera = camera;
    this.#reach = requireNumber('reach', reach ?? 12, 1, 1000);
    this.#refresh = requireInteger('refresh', refresh ?? 20, 1, 1_000_000);
    this.#table = new TrackTable({
      reach: this.#reach,
      patience: requireInteger('patience', patience ?? 3, 0, 1_000_000),
    });
    if (camera !== undefined && !(camera instanceof Camera)) throw new ArgumentError('Expected a Camera for camera');
    if (typeof motion === 'object' && 'rates' in motion)
      throw new ArgumentError('Give rates with every frame (`gyro` of `next`), and the camera here');
    this.#settings(undefined, new AbortController().signal);
  }

  /** Rejects with ArgumentError. */
  static async open(options: StarTrackerOptions = {}): Promise<StarTracker> {
    return new StarTracker(options);
  }

  /**
   * The next frame of the sequence. Rejects with ArgumentError (a frame of another size, rates without a camera), ImageError, NativeError, with the
   * reason of `signal`, or with StateError while another frame runs or after `dispose`; tracks are then as they were.
   */
  async next(input: EncodedImage | AnyFrame, options: NextFrameOptions = {}): Promise<TrackedFrame> {
    requireKnownKeys('options', options, ['gyro', 'interval', 'signal']);
    const { gyro, interval, signal } = options;
    if (signal !== undefined) requireSignal(signal);
    if (interval !== undefined) requireNumber('interval', interval, 1e-6, 1e6);
    if (gyro !== undefined) {
      if (this.#camera === undefined) throw new ArgumentError('Rates need a camera: give it to StarTracker.open');
      sensorRates(gyro);
    }
    return this.#runs.exclusively(signal, async (active) => {
      const { frame } = await readSource(input, active);
      const { width, height } = this.#size ?? frame;
      if (width !== frame.width || height !== frame.height)
        throw new ArgumentError(
          `This sequence has frames of ${width}x${height} pixels, this one has ${frame.width}x${frame.height}: open another tracker`,
        );
      return this.#follow(frame, gyro, interval, active);
    });
  }

  /** Ends a run in progress with StateError. Idempotent. */
  async dispose(): Promise<void> {
    await this.#runs.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #follow(
    frame: AnyFrame,
    gyro: GyroMotion | undefined,
    interval: number | undefined,
    signal: AbortSignal,
  ): Promise<TrackedFrame> {
    const settings = this.#settings(gyro, signal);
    const predictions = this.#table.predict(this.#advance(gyro, interval));
    let mode = 'acquired' as TrackedFrame['mode'];
    let profile: StarProfile | null = null;
    const find: StarFinder = async (plane, noise, _, engine) => {
      const start = this.#expectedProfile(gyro, frame);
      const isDue = this.#sinceSearch >= this.#refresh || predictions.length < LEAST_TRACKS || start === null;
      const followed = isDue ? null : await this.#search(plane, noise, settings, engine, predictions, start, gyro);
      if (followed !== null) mode = 'tracked';
      const search = followed ?? (await searchFrame(plane, noise, settings, engine));
      profile = search.fit.stars.length > 0 ? search.fit.profile : null;
      return search;
    };
    const result = await restoreFrame(frame, settings, find).catch((error: unknown) => {
      throw translateNativeError(error);
    });
    signal.throwIfAborted();
    const before = this.#table.tracks;
    this.#table.update(predictions, result.stars, frame);
    this.#size = frame;
    this.#profile = profile ?? this.#profile;
    this.#sinceSearch = mode === 'tracked' ? this.#sinceSearch + 1 : 0;
    const disagreement =
      gyro === undefined
        ? null
        : compareRates({ camera: this.#camera!, gyro, interval, profile, before, after: this.#table.tracks });
    return { result, mode, tracks: this.#table.tracks, motion: this.#table.motion, disagreement };
  }

  /** The stars where they are expected; null where too few are there. */
  async #search(
    plane: Parameters<StarFinder>[0],
    noise: Parameters<StarFinder>[1],
    { threshold, maxStars }: StarSettings,
    engine: NativeOptions,
    predictions: readonly Prediction[],
    start: StarProfile,
    gyro: GyroMotion | undefined,
  ): Promise<StarSearch | null> {
    const found = (await detectNear(plane, start, predictions, this.#reach, { threshold, ...engine })).slice(
      0,
      maxStars,
    );
    if (found.length < LEAST_FOLLOWED * predictions.length || found.length < LEAST_TRACKS) return null;
    const clear = clearest(found);
    const shaped = clear.length === 0 ? null : await fitStars(plane, clear, start, noise, true, engine);
    const profile = shaped !== null && shaped.stars.length > 0 ? shaped.profile : start;
    const fit = keepClear(await fitStars(plane, found, profile, noise, false, engine));
    return fit.stars.length < LEAST_FOLLOWED * predictions.length
      ? null
      : { look: this.#look(profile, gyro, plane), fit, found };
  }

  /** The shape of the frame before, with the trail that the rates give. */
  #expectedProfile(gyro: GyroMotion | undefined, frame: AnyFrame): StarProfile | null {
    if (gyro === undefined || this.#profile === null) return this.#profile;
    const { length, angle } = chordOfRates(this.#camera!, gyro, frame);
    return new StreakProfile({ length, angle: (angle * Math.PI) / 180, sigma: this.#profile.shape.at(-1)! });
  }

  /** What is to be undone: the path of the rates where they agree with the frame, else what the frame shows. */
  #look(
    profile: StarProfile,
    gyro: GyroMotion | undefined,
    plane: { readonly width: number; readonly height: number },
  ): StarLook {
    if (profile instanceof DefocusProfile) return diskLook(...profile.shape);
    if (!(profile instanceof StreakProfile) || profile.shape[0] === 0) return sharpLook(null, []);
    const [length, angle, sigma] = profile.shape;
    const straight = straightLook(length, (angle * 180) / Math.PI, sigma);
    const chord = gyro === undefined ? null : chordOfRates(this.#camera!, gyro, plane);
    const seen = { length, angle: (angle * 180) / Math.PI };
    if (chord === null || missesTrail(chord, seen)) return straight;
    const refined = refineRates(this.#camera!, gyro!, chord, seen);
    return { ...straight, psfAt: (x, y) => pathPsf(this.#camera!, refined, x, y) };
  }

  /** Where the rates take a place between two frames; null where there is no interval: as the field moved last. */
  #advance(gyro: GyroMotion | undefined, interval: number | undefined): ((place: Place) => Place) | null {
    if (gyro === undefined || interval === undefined) return null;
    return ({ x, y }) => {
      const [dx, dy] = tracePath(this.#camera!, { ...gyro, exposure: interval }, x, y, 'start').at(-1)!;
      return { x: x + dx, y: y + dy };
    };
  }

  #settings(gyro: GyroMotion | undefined, signal: AbortSignal): StarSettings {
    const motion = gyro === undefined ? this.#motion : { ...gyro, camera: this.#camera! };
    return checkStarOptions({ ...this.#options, signal, ...(motion !== undefined && { motion }) });
  }
}
