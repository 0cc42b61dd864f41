import { dirname } from 'node:path';
import { IntegrityError } from 'perifocal';
import type { Progress, RestorationReport } from 'perifocal';
import type { Capture, Level, OutputFormat, OutputRequest } from '../capture/capture.js';
import type { Choice } from '../capture/ladder.js';
import { ServiceError, isDiskFault } from '../errors.js';
import type { Io } from '../io.js';
import type { Thermal } from '../limits/thermal.js';
import type { ProductDraft, ProductFacts, Store } from '../store/store.js';
import { clear } from '../drivers/clear.js';
import { blame } from './disk-fault.js';
import { MIMES } from '../capture/formats.js';
import { withAnyOf } from '../signals.js';
import type { Faults } from './faults.js';
import { LevelDrop, LevelLadder } from './level-ladder.js';
import { Measured } from './measured.js';
import type { Pace } from './pace.js';
import { passFormat, passThrough } from './pass-through.js';
import type { Outcome, Restorers } from './restorers.js';
import { writeThumbnail, writeThumbnailOfFile } from './thumbnail.js';

/** What the restoration of a capture needs. */
export interface RestorationContext {
  readonly io: Io;
  readonly store: Store;
  readonly restorers: Restorers;
  readonly pace: Pace;
  readonly faults: Faults;
  readonly thermal: () => Thermal;
  /** Told how far a level is, 0 to 1. */
  readonly onProgress: (level: Level, done: number) => void;
}

/** A level whose result fails its checks is tried so often again, with all that it needs read anew. */
const MOST_REPEATS = 2;

/** A product before it is committed. */
interface Made extends Pick<ProductFacts, 'level' | 'levelReason' | 'model' | 'report' | 'width' | 'height'> {
  readonly draft: ProductDraft;
  readonly output: OutputRequest;
  readonly thumbnail: ProductFacts['thumbnail'];
}

/**
 * Restores one capture by the best level that there is time for, goes down the levels where that becomes too slow or
 * fails, and commits the product. Rejects with the signal's reason, with NoLevel, or as the last level that the request
 * allows has failed.
 */
export async function restoreCapture(
  context: RestorationContext,
  capture: Capture,
  signal: AbortSignal,
): Promise<void> {
  const { store, restorers, pace } = context;
  const ladder = new LevelLadder(store.clock, pace, capture, restorers.levels, context.thermal());
  await new Work(context, capture, ladder, signal).run();
}

/** The way down the levels of one capture. */
class Work {
  readonly #context: RestorationContext;
  readonly #capture: Capture;
  readonly #ladder: LevelLadder;
  readonly #signal: AbortSignal;
  #draft: ProductDraft | null = null;

  constructor(context: RestorationContext, capture: Capture, ladder: LevelLadder, signal: AbortSignal) {
    this.#context = context;
    this.#capture = capture;
    this.#ladder = ladder;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    this.#draft = await this.#begin(this.#capture.request.output.format);
    try {
      await this.#commit(await this.#descend(this.#ladder.choose()));
    } catch (error) {
      // Where not even this is taken, the loop has it restored again.
      if (!this.#signal.aborted) await this.#discard((error as Error).message).catch(() => undefined);
      throw error;
    }
  }

  /** A stored capture gets its product anew. */
  #begin(format: OutputFormat): Promise<ProductDraft> {
    const { store } = this.#context;
    const { id, state } = this.#capture;
    return state === 'stored' ? store.beginRepair(id, format) : store.beginProduct(id, format);
  }

  async #commit({ draft, output, ...facts }: Made): Promise<void> {
    const { io, store, pace } = this.#context;
    const begun = io.monotonic();
    await store.commit(draft, { ...facts, mime: MIMES[output.format] });
    pace.stored((io.monotonic() - begun) / 1000);
  }

  async #descend(first: Choice): Promise<Made> {
    for (let choice = first; ; ) {
      try {
        return await this.#takeChecked(choice);
      } catch (failure) {
        this.#signal.throwIfAborted();
        const error = await this.#afterLevel(failure);
        if (isOfStore(error)) throw error;
        const next = error instanceof LevelDrop ? error.choice : this.#ladder.below(choice.level, messageOf(error));
        if (next === null) throw error;
        choice = next;
      }
    }
  }

  /** A level by itself: again where its result cannot be trusted. */
  async #takeChecked(choice: Choice): Promise<Made> {
    const { faults, restorers } = this.#context;
    for (let lost = 0; ; ) {
      try {
        const made = await this.#take(choice);
        faults.healed += lost;
        return made;
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error;
        lost += 1;
        faults.found += 1;
        if (lost > MOST_REPEATS) {
          faults.lost += lost;
          throw error;
        }
        await restorers.close();
      }
    }
  }

  /** What a level has left is taken away, and its error told from one of the disk. */
  async #afterLevel(failure: unknown): Promise<unknown> {
    const { io } = this.#context;
    if (this.#draft === null || failure instanceof LevelDrop) return failure;
    const { productPath, thumbnailPath } = this.#draft;
    const error = await blame(io, dirname(productPath), failure);
    await clear(io, productPath);
    await clear(io, thumbnailPath);
    return error;
  }

  async #take({ level, reason }: Choice): Promise<Made> {
    const { io, pace } = this.#context;
    const begun = io.monotonic();
    const facts = { level, levelReason: reason };
    if (level === 'pass-through') {
      const made = await this.#pass();
      pace.finished(level, this.#ladder.work, (io.monotonic() - begun) / 1000);
      return { ...facts, ...made };
    }
    const { image, model } = await this.#restore(level);
    this.#context.faults.add(image.report as RestorationReport);
    pace.finished(level, this.#ladder.work, (io.monotonic() - begun) / 1000);
    const thumbnail = await this.#thumbnail(image);
    const { width, height, report } = image;
    const shared = { draft: this.#draft!, output: this.#capture.request.output };
    return { ...facts, ...shared, model, report: plain(report), width, height, thumbnail };
  }

  async #restore(level: Exclude<Level, 'pass-through'>): Promise<Outcome> {
    const { pace, restorers, store, onProgress } = this.#context;
    const dropping = new AbortController();
    const measured = new Measured(store.clock);
    const job = {
      rawPath: store.pathOf(this.#capture, 'raw'),
      productPath: this.#draft!.productPath,
      output: this.#capture.request.output,
    };
    try {
      const listen = (progress: Progress): void => {
        if (progress.phase === 'restore') measured.advance(progress.done / Math.max(1, progress.total));
        onProgress(level, measured.done);
        this.#checkPace(level, measured, dropping);
      };
      return await withAnyOf([this.#signal, dropping.signal], (signal) =>
        restorers.restore(level, job, { signal, onProgress: listen }),
      );
    } catch (error) {
      if (dropping.signal.aborted) pace.abandoned(level, this.#ladder.work, measured.wholeSeconds, measured.share);
      throw error;
    }
  }

  #checkPace(level: Level, { startedAt, share }: Measured, dropping: AbortController): void {
    try {
      this.#ladder.check(level, startedAt, share);
    } catch (drop) {
      dropping.abort(drop);
    }
  }

  /** The frame as it is; where it cannot have the format that was asked for, in its own. */
  async #pass(): Promise<Omit<Made, 'level' | 'levelReason'>> {
    const { io, store, onProgress } = this.#context;
    const { raw, request } = this.#capture;
    onProgress('pass-through', 0);
    const format = passFormat(raw!.mime, request.output.format);
    if (format === null) throw new ServiceError('CAMERA', `A frame of ${raw!.mime} cannot be passed through`);
    const output = format === request.output.format ? request.output : { format };
    if (output !== request.output) {
      await this.#discard(`it is passed through as ${format}`);
      this.#draft = await this.#begin(format);
    }
    const draft = this.#draft!;
    const rawPath = store.pathOf(this.#capture, 'raw');
    const found = await passThrough(io, { path: rawPath, mime: raw!.mime }, { path: draft.productPath, output });
    this.#signal.throwIfAborted();
    if (found.state !== 'whole') throw new ServiceError('INTERNAL', `The product is not whole: ${found.reason}`);
    const [width, height] = [found.width ?? raw!.width ?? 0, found.height ?? raw!.height ?? 0];
    const thumbnail = await writeThumbnailOfFile(rawPath, draft.thumbnailPath);
    return { draft, output, model: null, report: { operation: 'pass-through' }, width, height, thumbnail };
  }

  async #thumbnail(image: Outcome['image']): Promise<ProductFacts['thumbnail']> {
    const { productPath, thumbnailPath } = this.#draft!;
    // The samples of a scene are in its file alone.
    if (image.report.scene) return writeThumbnailOfFile(productPath, thumbnailPath);
    try {
      return await writeThumbnail(image, thumbnailPath);
    } catch {
      // A product is worth having without one.
      return null;
    }
  }

  async #discard(reason: string): Promise<void> {
    const draft = this.#draft;
    this.#draft = null;
    if (draft) await this.#context.store.discard(draft, reason.slice(0, 500));
  }
}

/** The disk is the matter, not the level. */
const isOfStore = (error: unknown): boolean =>
  isDiskFault(error) || (error instanceof ServiceError && ['STATE', 'CLOSED'].includes(error.code));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 300);

/** A report as JSON has it. */
const plain = (report: object): unknown => JSON.parse(JSON.stringify(report));
