import type { EncodedImage } from '../../image/decode.js';
import type { AnyFrame, AnyFrameSize } from '../../image/frame.js';
import type { PlannedInput } from '../../operation/operation.js';
import { IMAGE_OPTIONS, toInputs } from '../../operation/options.js';
import type { ImageOptions, OperationInput } from '../../operation/options.js';
import { perform } from '../../operation/perform.js';
import { ArgumentError } from '../../runtime/errors.js';
import { Turns } from '../../runtime/turns.js';
import { RUNTIME_OPTIONS, Runtime } from '../../runtime/runtime.js';
import type { RuntimeChoice } from '../../runtime/runtime.js';
import type { Scope } from '../../runtime/scope.js';
import { defined, requireInteger, requireKnownKeys, requireNumber } from '../../runtime/validate.js';
import { recountSpare } from '../measure/plane-memory.js';
import type { StarPlane } from '../measure/plane.js';
import type { StarProfile } from '../measure/profile.js';
import { expectedExtent } from '../measure/memory.js';
import { holdForSearch, searchFrame } from '../measure/search-frame.js';
import type { StarFinder } from '../measure/search-frame.js';
import { STAR_OPTIONS, checkStarOptions } from '../restore/options.js';
import type { StarOptions } from '../restore/options.js';
import { planFile } from '../restore/plan.js';
import type { StarFrameSize, StarPlan } from '../restore/plan.js';
import { StarResult } from '../restore/result.js';
import type { StarSettings } from '../restore/settings.js';
import { StarOperation } from '../restore/star-frame.js';
import { cameraFor, checkCamera } from '../sky/camera.js';
import type { Camera, LensOptions } from '../sky/camera.js';
import { sensorRates } from '../sky/motion-path.js';
import type { GyroMotion } from '../sky/motion-path.js';
import type { StraightMotion } from '../sky/trail.js';
import type { AttitudeTrackerOptions, TrackedAttitude } from './attitude-tracker.js';
import { FrameAttitudes } from './frame-attitudes.js';
import { compareRates } from './disagreement.js';
import type { RateDisagreement } from './disagreement.js';
import { LEAST_TRACKS, expectProfile, followStars, typicalChi2 } from './follow-frame.js';
import { advance } from './rates.js';
import type { Rates } from './rates.js';
import { TrackTable } from './tracks.js';
import type { Prediction, StarTrack } from './tracks.js';
import type { FieldMotion } from './transform.js';

/** How sequences of star frames are followed. */
export interface StarTrackerOptions extends Omit<StarOptions, 'motion'>, RuntimeChoice {
  /** Trails of frames of which no rates are given; 'auto' unless `defocus` is. */
  readonly motion?: 'auto' | 'paper' | 'none' | StraightMotion;
  /** Needed where frames come with rates; may be given apart from the size of the frames, as `{ focalPx }`. */
  readonly camera?: Camera | LensOptions;
  /** A star may be this far from its prediction, 1 to 1000; 12. */
  readonly reachPx?: number;
  /** A track ends after this many frames without its star, 0 to 1e6; 3. */
  readonly patienceFrames?: number;
  /** After this many frames in tracking mode the whole frame is searched again, 1 to 1e6; 20. */
  readonly refreshFrames?: number;
  /** Which stars these are and where the sensor looks, frame by frame; not asked by default. */
  readonly identify?: AttitudeTrackerOptions;
}

/** What is known of the next frame. */
export interface NextFrameOptions extends ImageOptions {
  /** What the gyroscope says of this exposure. */
  readonly gyro?: GyroMotion;
  /** From the middle of the exposure before to that of this one, 1e-6 to 1e6; with `gyro`, predicts places. */
  readonly intervalSeconds?: number;
}

/** One frame of a sequence. */
export interface TrackedFrame {
  readonly result: StarResult;
  /** 'tracked': looked for stars where they were expected; 'acquired': in the whole frame. */
  readonly mode: 'tracked' | 'acquired';
  readonly tracks: readonly StarTrack[];
  /** How the field has moved since the frame before; null where no star was seen in both. */
  readonly motion: FieldMotion | null;
  /** Rates against what the frame shows; null without rates or stars. */
  readonly disagreement: RateDisagreement | null;
  /** With `identify`: followed where `intervalSeconds` is given, else of the whole sky; null without. */
  readonly attitude: TrackedAttitude | null;
}

const TRACKER_OPTIONS = ['camera', 'reachPx', 'patienceFrames', 'refreshFrames', 'identify'] as const;
const OPEN_KEYS: readonly (keyof StarTrackerOptions)[] = [...STAR_OPTIONS, ...RUNTIME_OPTIONS, ...TRACKER_OPTIONS];
const NEXT_KEYS = ['gyro', 'intervalSeconds', ...IMAGE_OPTIONS] as const satisfies (keyof NextFrameOptions)[];

/** What was found out about a frame on the way. */
interface Finding {
  mode: TrackedFrame['mode'];
  profile: StarProfile | null;
  rates: Rates | null;
  predictions: readonly Prediction[];
}

/**
 * Restores and measures sequences of star frames of one size: follows stars from frame to frame, and searches where
 * that fails. Works on one frame at a time.
 */
export class StarTracker implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly #options: StarTrackerOptions;
  /** Of frames without rates. */
  readonly #settings: StarSettings;
  readonly #camera: Camera | LensOptions | null;
  readonly #reachPx: number;
  readonly #refreshFrames: number;
  readonly #table: TrackTable;
  readonly #attitudes: FrameAttitudes | null;
  readonly #turns = new Turns('tracker');
  #size: AnyFrameSize | null = null;
  #profile: StarProfile | null = null;
  #chi2 = 1;
  #sinceSearch = 0;

  private constructor(options: StarTrackerOptions, runtime: Runtime, attitudes: FrameAttitudes | null) {
    const { motion, camera, reachPx = 12, patienceFrames = 3, refreshFrames = 20 } = options;
    this.#camera = camera === undefined ? null : checkCamera('camera', camera);
    if (typeof motion === 'object' && motion !== null && ('ratesRadPerSecond' in motion || 'camera' in motion))
      throw new ArgumentError('Give rates with every frame (`gyro` of `next`), and the camera here');
    this.#reachPx = requireNumber('reachPx', reachPx, 1, 1000);
    this.#refreshFrames = requireInteger('refreshFrames', refreshFrames, 1, 1_000_000);
    this.#table = new TrackTable({
      reachPx: this.#reachPx,
      patienceFrames: requireInteger('patienceFrames', patienceFrames, 0, 1_000_000),
    });
    this.#options = { ...options };
    this.#settings = checkStarOptions(options);
    this.#runtime = runtime;
    this.#attitudes = attitudes;
  }

  /** Rejects with ArgumentError, IsaError or NativeError; with `identify` also as `StarIdentifier.open`. */
  static async open(options: StarTrackerOptions = {}): Promise<StarTracker> {
    requireKnownKeys('options', options, OPEN_KEYS);
    const { identify, ...rest } = options;
    const runtime = Runtime.of(rest);
    const attitudes = await FrameAttitudes.open(identify, runtime);
    try {
      return new StarTracker(rest, runtime, attitudes);
    } catch (error) {
      await attitudes?.dispose();
      throw error;
    }
  }

  /**
   * In what memory a frame of a size would be worked on, without reading or decoding one. Throws BudgetError with the
   * budget that suffices.
   */
  plan(size: StarFrameSize): StarPlan {
    return planFile(size, this.#settings, this.#runtime, this.#runtime.budgetBytes);
  }

  /**
   * The next frame of the sequence. Rejects with ArgumentError (a frame of another size, rates without a camera),
   * ImageError, BudgetError, NativeError, with the reason of `signal`, or with StateError while another frame runs or
   * after `dispose`; tracks are then as they were.
   */
  async next(input: EncodedImage | AnyFrame, options: NextFrameOptions = {}): Promise<TrackedFrame> {
    requireKnownKeys('options', options, NEXT_KEYS);
    const { gyro, intervalSeconds, signal, onProgress, ...rest } = options;
    if (intervalSeconds !== undefined) requireNumber('intervalSeconds', intervalSeconds, 1e-6, 1e6);
    if (gyro !== undefined) {
      if (this.#camera === null) throw new ArgumentError('Rates need a camera: give it to StarTracker.open');
      sensorRates(gyro);
    }
    return this.#turns.run(this.#runtime, defined({ signal, onProgress }), (scope) =>
      this.#follow(toInputs([input], rest), gyro === undefined ? undefined : { ...gyro }, intervalSeconds, scope),
    );
  }

  /** Ends a run in progress with StateError. Idempotent. */
  async dispose(): Promise<void> {
    await this.#turns.dispose();
    await this.#attitudes?.dispose();
  }

  /** The same as `dispose`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #follow(
    inputs: readonly OperationInput[],
    gyro: GyroMotion | undefined,
    intervalSeconds: number | undefined,
    scope: Scope,
  ): Promise<TrackedFrame> {
    const settings = this.#settingsFor(gyro);
    const finding: Finding = { mode: 'acquired', profile: null, rates: null, predictions: [] };
    const find: StarFinder = async (plane, noise, active) => {
      finding.rates = this.#ratesFor(plane, gyro, intervalSeconds);
      finding.predictions = this.#predict(finding.rates);
      const followed = await this.#followIfPossible(plane, noise, finding, settings, active);
      if (followed !== null) finding.mode = 'tracked';
      const search = followed ?? (await searchFrame(settings.blur, settings.search)(plane, noise, active));
      finding.profile = search.stars.fit.stars.length > 0 ? search.stars.fit.profile : null;
      return search;
    };
    try {
      const operation = new SequenceOperation(settings, find, this.#runtime, this.#size);
      using performed = await perform(operation, inputs, scope);
      const { outcome, report, metadata } = performed;
      const result = new StarResult(outcome, report, metadata);
      const attitude = (await this.#attitudes?.next(result.stars, intervalSeconds, scope.signal)) ?? null;
      return { ...this.#take(result, finding), attitude };
    } finally {
      recountSpare();
    }
  }

  /** The stars where they are expected; null where nothing is, or too few are there. */
  async #followIfPossible(
    plane: StarPlane,
    noise: Parameters<StarFinder>[1],
    { rates, predictions }: Finding,
    { blur, search }: StarSettings,
    scope: Scope,
  ): ReturnType<typeof followStars> {
    if (this.#sinceSearch >= this.#refreshFrames || predictions.length < LEAST_TRACKS || this.#profile === null)
      return null;
    const profile = expectProfile(this.#profile, rates, plane);
    using _ = holdForSearch(plane, profile, expectedExtent(blur), scope);
    const expectation = { predictions, profile, rates, chi2: this.#chi2, reachPx: this.#reachPx };
    return await followStars(plane, noise, expectation, search, scope);
  }

  /** Makes a frame the latest of the sequence. */
  #take(result: StarResult, { mode, profile, rates, predictions }: Finding): Omit<TrackedFrame, 'attitude'> {
    const before = this.#table.tracks;
    this.#table.update(predictions, result.stars, result.frame);
    const { width, height, channels, depth } = result.frame;
    this.#size = { width, height, channels, depth };
    this.#profile = profile ?? this.#profile;
    if (profile !== null) this.#chi2 = typicalChi2(result.stars);
    this.#sinceSearch = mode === 'tracked' ? this.#sinceSearch + 1 : 0;
    const { tracks, motion } = this.#table;
    const disagreement = rates && compareRates(rates, profile, before, tracks);
    return { result, mode, tracks, motion, disagreement };
  }

  /** Tracks where the rates take them; without rates or interval, as the field moved last. */
  #predict(rates: Rates | null): Prediction[] {
    const seconds = rates?.intervalSeconds;
    return this.#table.predict(
      rates === null || seconds === undefined ? null : (place) => advance(rates, seconds, place),
    );
  }

  #ratesFor(plane: StarPlane, gyro: GyroMotion | undefined, intervalSeconds: number | undefined): Rates | null {
    return gyro === undefined ? null : { camera: cameraFor(this.#camera!, plane), gyro, intervalSeconds };
  }

  #settingsFor(gyro: GyroMotion | undefined): StarSettings {
    if (gyro === undefined) return this.#settings;
    return checkStarOptions({ ...this.#options, motion: { ...gyro, camera: this.#camera! } });
  }
}

/** A frame of a sequence, which must be of the size of those before. */
class SequenceOperation extends StarOperation {
  readonly #size: AnyFrameSize | null;

  constructor(settings: StarSettings, find: StarFinder, runtime: Runtime, size: AnyFrameSize | null) {
    super(settings, find, runtime);
    this.#size = size;
  }

  override plan(inputs: readonly PlannedInput[]): StarPlan {
    const { width, height } = inputs[0]!.size;
    const wanted = this.#size ?? { width, height };
    if (width !== wanted.width || height !== wanted.height)
      throw new ArgumentError(
        `This sequence has frames of ${wanted.width}x${wanted.height} pixels, this one has ${width}x${height}: ` +
          'open another tracker',
      );
    return super.plan(inputs);
  }
}
