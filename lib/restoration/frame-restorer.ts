import type { EncodedImage } from '../image/decode.js';
import type { WritingOptions } from '../image/encode.js';
import { checkFrameSize, completeSize } from '../image/frame.js';
import type { AnyFrame, AnyFrameSize, FloatFrame, Frame } from '../image/frame.js';
import { mayMiss } from '../image/missing/valid.js';
import { tiffFormOf } from '../image/tiff/form.js';
import type { TiffFormOptions } from '../image/tiff/form.js';
import { usualReadingBuffers } from '../image/tiff/usual-reading.js';
import type { ImageSource } from '../image/source.js';
import { IMAGE_OPTIONS, toInputs } from '../operation/options.js';
import type { ImageOptions, OperationInput } from '../operation/options.js';
import type { PlannedInput } from '../operation/operation.js';
import { perform, planPhases } from '../operation/perform.js';
import type { Finish, Performed } from '../operation/perform.js';
import { BudgetError } from '../runtime/errors.js';
import { checksEnds } from '../runtime/integrity.js';
import { garbage, readPeakRss } from '../runtime/garbage.js';
import type { OperationOptions } from '../runtime/progress.js';
import type { Runtime } from '../runtime/runtime.js';
import { ScopedGenerator } from '../runtime/scoped-generator.js';
import type { Scope } from '../runtime/scope.js';
import { Turns } from '../runtime/turns.js';
import { defined, requireKnownKeys, requireObject } from '../runtime/validate.js';
import { checkJobs, planWriting, requireApart, writingBuffers } from './file-jobs.js';
import type { FileJob, FileOutcome } from './file-jobs.js';
import { restoreInTurn } from './restore-in-turn.js';
import type { Writing } from './restore-in-turn.js';
import { toOperation } from './restoration.js';
import type { FrameReport, Restoration, Restored } from './restoration.js';
import { RestoredImage } from './restored-image.js';
import { SCENE_OPTIONS, checkSceneOptions, mustBeScene, noWindows, restoreByWindows } from './scene/by-windows.js';
import type { SceneOptions } from './scene/by-windows.js';
import { planFileByWindows } from './scene/plan-ways.js';

/** What the restoration of a frame may be told. */
export interface RestoreOptions extends ImageOptions {}

/** What the restoration of a file into another may be told. */
export interface RestoreFileOptions extends RestoreOptions, SceneOptions, TiffFormOptions {}

/** What the restoration of several files may be told; `expectSha256` is said of each of them. */
export type RestoreFilesOptions = Omit<RestoreFileOptions, 'expectSha256'>;

/** The size of a frame, 16 to 65535 pixels a side, to plan for; 3 channels of 8 bits unless said otherwise. */
export interface PlanSize
  extends Pick<AnyFrameSize, 'width' | 'height'>,
    Partial<Omit<AnyFrameSize, 'width' | 'height'>> {
  /** Whether pixels will be marked as invalid; false. */
  readonly masked?: boolean;
}

/** What is restored: a file, a file in memory, or pixels. */
export type RestoreInput = EncodedImage | Frame;

type PerformedRestoration<R extends FrameReport> = Performed<R['plan'], Restored<R>>;

/**
 * Restores frames, one at a time, in a fixed amount of memory, whatever the method. `R` is what is reported of a frame.
 */
export abstract class FrameRestorer<R extends FrameReport> implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly #restoration: Restoration<R>;
  readonly #turns = new Turns('restorer');

  protected constructor(runtime: Runtime, restoration: Restoration<R>) {
    this.#runtime = runtime;
    this.#restoration = restoration;
  }

  get isa(): string {
    return this.#runtime.isa;
  }

  get threads(): 1 | 2 | 3 {
    return this.#runtime.threads;
  }

  /** Bytes that native code has mapped for frames; 0 before the first one. */
  get mappedBytes(): number {
    return this.#restoration.mappedBytes;
  }

  /**
   * How `restore` would restore a frame of this size, as a whole. Throws ArgumentError, or BudgetError with a budget
   * that suffices.
   */
  plan(frame: PlanSize): R['plan'] {
    return this.#restoration.plan({ ...this.#toPlan(frame), buffers: [] });
  }

  /**
   * How `restoreFile` would restore a TIFF with a frame of this size into another: as a whole, or by windows where the
   * budget has no room for that (`scene` of the plan). What the file's own blocks take is only known of a file: what is
   * planned suffices for strips of 1 MB, or of a row, and for tiles of 512 x 512 pixels. Throws as `plan`.
   */
  planFile(frame: PlanSize): R['plan'] {
    try {
      return this.#planWholeFile(frame);
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error;
      const plan = this.#planByWindows(frame, error);
      if (!plan) throw error;
      return plan;
    }
  }

  /**
   * Restores one frame; its size, samples and metadata stay as they are. Rejects with ArgumentError, ImageError,
   * BudgetError, NativeError, with the reason of `signal`, or with StateError while another frame runs or after
   * `dispose`.
   */
  async restore(input: RestoreInput, options?: RestoreOptions): Promise<RestoredImage<Frame, R>>;
  async restore(input: FloatFrame, options?: RestoreOptions): Promise<RestoredImage<FloatFrame, R>>;
  async restore(input: EncodedImage | AnyFrame, options: RestoreOptions = {}): Promise<RestoredImage<AnyFrame, R>> {
    requireKnownKeys('options', options, IMAGE_OPTIONS);
    return this.#turns.run(this.#runtime, options, async (scope) => {
      using performed = await this.#perform(toInputs([input], options), scope);
      return imageOf(performed, performed.report.peakRssBytes);
    });
  }

  /**
   * Restores a file into another, whole or not at all. The output is checked before the work starts; it may not be the
   * input, by whatever path. A TIFF or FITS that is too large for the memory is restored window by window into one of
   * them (`report.scene`); what is written stays where that is interrupted, for `resume`. Rejects as `restore`.
   */
  async restoreFile(
    input: EncodedImage,
    output: string,
    options: RestoreFileOptions = {},
  ): Promise<RestoredImage<Frame, R>> {
    requireKnownKeys('options', options, FILE_KEYS);
    const { expectSha256 } = options;
    return this.#turns.run(this.#runtime, options, async (scope) => {
      const job = { input, output, ...defined({ expectSha256 }) };
      const { written } = await this.#restoreInto(job, options, scope);
      return await written;
    });
  }

  /**
   * Restores files one after the other and says how each ended, in their order. One that fails does not end the others.
   * A file is written while the next is restored, where the budget has room for both. Throws ArgumentError before the
   * first where two jobs have one output or an output is an input; the reason of `signal`; or StateError as `restore`.
   */
  restoreFiles<J extends FileJob>(
    jobs: Iterable<J>,
    options: RestoreFilesOptions = {},
  ): AsyncGenerator<FileOutcome<J, R>, void, void> {
    return this.inScope(options, async function* (this: FrameRestorer<R>, scope) {
      requireKnownKeys('options', options, FILES_KEYS);
      const list = await checkJobs(jobs);
      yield* restoreInTurn(list, (job) => this.#restoreInto(job, options, scope), scope);
    });
  }

  /** Ends what is under way with StateError, and gives the memory back. Idempotent. */
  async dispose(): Promise<void> {
    await this.#turns.dispose();
    this.#restoration.dispose();
    garbage.settle(() => this.#runtime.binding.trimHeap());
  }

  /** The same as `dispose`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** What is given piece by piece; until its end it is the one operation of this restorer. */
  protected inScope<Piece>(
    options: OperationOptions,
    produce: (this: this, scope: Scope) => AsyncGenerator<Piece, void, void>,
  ): AsyncGenerator<Piece, void, void> {
    return new ScopedGenerator(
      () => this.#turns.begin(this.#runtime, options),
      (scope) => produce.call(this, scope),
    );
  }

  /** Restores a frame and begins to write it; or a scene, which is written as it is restored. */
  async #restoreInto(job: FileJob, options: RestoreFilesOptions, scope: Scope): Promise<Writing<R>> {
    checkSceneOptions(options);
    await requireApart(job);
    const { output, expectSha256 } = job;
    const { cog, tileSize, resume, windowRows, ...others } = options;
    const form = { cog, tileSize };
    const readBack = checksEnds(this.#restoration.integrity);
    const finish = await planWriting(output, form, readBack);
    const inputs = toInputs([job.input], { ...others, ...defined({ expectSha256 }) });
    const target = { path: output, form, ...defined({ resume, windowRows }) };
    const byWindows = (opened: ImageSource | null): Promise<RestoredImage<Frame, R> | null> =>
      restoreByWindows(this.#restoration, inputs[0]!, opened, target, scope);
    if (await mustBeScene(target)) {
      const scene = await byWindows(null);
      if (!scene) throw noWindows(output);
      return { written: Promise.resolve(scene) };
    }
    let refused: ImageSource | null = null;
    const onRefused = (source: ImageSource): void => {
      refused = source;
    };
    try {
      const performed = await this.#perform([{ ...inputs[0]!, onRefused }], scope, finish);
      return { written: write(performed, output, { signal: scope.signal, readBack, ...form }) };
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error;
      const scene = await byWindows(refused).catch((other: unknown) => throwLess(error, other));
      if (!scene) throw error;
      return { written: Promise.resolve(scene) };
    }
  }

  #toPlan(frame: PlanSize): Pick<PlannedInput, 'size' | 'isMasked'> {
    requireObject('size', frame);
    const size = completeSize(frame);
    checkFrameSize(size, this.#restoration.depths);
    return { size, isMasked: frame.masked ?? false };
  }

  #planWholeFile(frame: PlanSize): R['plan'] {
    const { size, isMasked: hasMask } = this.#toPlan(frame);
    const form = { ...tiffFormOf(size, {}), hasMask };
    const isMasked = hasMask || mayMiss(size, { nodata: null, planes: [] });
    const input = { size, isMasked, buffers: usualReadingBuffers(size, size.height, hasMask) };
    const writing = writingBuffers(size, 'tiff', form, checksEnds(this.#restoration.integrity));
    return planPhases(toOperation(this.#restoration), [input], () => writing).plan;
  }

  #planByWindows(frame: PlanSize, whole: BudgetError): R['plan'] | null {
    const { size, isMasked } = this.#toPlan(frame);
    try {
      return planFileByWindows(this.#restoration, size, isMasked, this.#runtime);
    } catch (error) {
      return throwLess(whole, error);
    }
  }

  #perform(
    inputs: readonly OperationInput[],
    scope: Scope,
    finish?: Finish<R['plan']>,
  ): Promise<PerformedRestoration<R>> {
    return perform(toOperation(this.#restoration), inputs, scope, finish);
  }
}

/** Throws the second error, or the first where both ask for memory and it asks for less. */
function throwLess(first: BudgetError, second: unknown): never {
  throw second instanceof BudgetError && first.requiredBytes < second.requiredBytes ? first : second;
}

/** Writes what was restored, and lets go of its memory. */
async function write<R extends FrameReport>(
  performed: PerformedRestoration<R>,
  output: string,
  options: WritingOptions,
): Promise<RestoredImage<Frame, R>> {
  using result = performed;
  await result.settle();
  const times = await imageOf(result, 0).writeTo(output, options);
  if (result.ends) result.ends.differentWritings += times - 1;
  return imageOf(result, readPeakRss()) as RestoredImage<Frame, R>;
}

function imageOf<R extends FrameReport>(
  { outcome, report, metadata, sources }: PerformedRestoration<R>,
  peakRssBytes: number,
): RestoredImage<AnyFrame, R> {
  const { header } = sources[0]!;
  const frame = { ...header, data: outcome.data } as AnyFrame;
  return new RestoredImage(frame, metadata, outcome.report({ ...report, peakRssBytes }));
}

const FILE_KEYS = [...IMAGE_OPTIONS, 'cog', 'tileSize', ...SCENE_OPTIONS];
const FILES_KEYS = FILE_KEYS.filter((key) => key !== 'expectSha256');
