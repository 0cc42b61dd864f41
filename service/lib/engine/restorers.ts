import { Deconvolver, Restorer, Runtime } from 'perifocal';
import type { FrameRestorer, IntegrityMode, OnProgress, RestorationReport, RestoredImage } from 'perifocal';
import sharp from 'sharp';
import { LEVELS } from '../capture/capture.js';
import type { Level, ModelFacts, OutputRequest } from '../capture/capture.js';

/** How much of the work may be checked: the library's words. */
export const INTEGRITY_MODES = ['off', 'checked', 'full', 'twice'] as const satisfies readonly IntegrityMode[];

/** What the levels are made of; null: there is no such level. */
export interface LevelOptions {
  /** Name of a packaged model, or the path of a model file. */
  readonly network: string | null;
  readonly networkSmall: string | null;
  /** The kernel of the camera in words, such as `disk:4`, or a file with it. */
  readonly deconvolve: { readonly psf: string; readonly method: 'hyper-laplacian' | 'wiener' } | null;
}

/** What the levels may use. */
export interface EngineMachine {
  /** Of the whole process, in bytes. */
  readonly memoryBytes: number;
  readonly threads: 1 | 2 | 3;
  readonly integrity: IntegrityMode;
}

/** Where a frame is, and where its product goes. */
export interface RestoreJob {
  readonly rawPath: string;
  readonly productPath: string;
  readonly output: OutputRequest;
}

export interface Outcome {
  readonly image: RestoredImage;
  readonly model: ModelFacts | null;
}

type AnyRestorer = FrameRestorer<RestorationReport>;

/** The restorers of the levels, on one runtime; opened when they are first needed. */
export class Restorers {
  readonly #options: LevelOptions;
  readonly #machine: EngineMachine;
  #threads: 1 | 2 | 3;
  #runtime: Runtime | null = null;
  #open = new Map<Level, AnyRestorer>();

  constructor(options: LevelOptions, machine: EngineMachine) {
    this.#options = options;
    this.#machine = machine;
    this.#threads = machine.threads;
  }

  /** Best first; pass-through always exists. */
  get levels(): readonly Level[] {
    const { network, networkSmall, deconvolve } = this.#options;
    const has: Readonly<Record<Level, boolean>> = {
      network: network !== null,
      'network-small': networkSmall !== null,
      deconvolve: deconvolve !== null,
      'pass-through': true,
    };
    return LEVELS.filter((level) => has[level]);
  }

  get threads(): number {
    return this.#threads;
  }

  /** From the next frame on. */
  async setThreads(threads: 1 | 2 | 3): Promise<void> {
    if (threads === this.#threads) return;
    await this.close();
    this.#threads = threads;
  }

  /** The most bytes that any of the levels plans for such a frame. Rejects with the library's BudgetError. */
  async planBytes(width: number, height: number): Promise<number> {
    const levels = this.levels.filter((level) => level !== 'pass-through');
    let most = 0;
    for (const level of levels) most = Math.max(most, (await this.#restorer(level)).plan({ width, height }).bytes);
    return most;
  }

  /** Restores one frame into a file. Rejects with the signal's reason, or as the library does. */
  async restore(
    level: Exclude<Level, 'pass-through'>,
    job: RestoreJob,
    options: { readonly signal: AbortSignal; readonly onProgress: OnProgress },
  ): Promise<Outcome> {
    const restorer = await this.#restorer(level);
    const model = restorer instanceof Restorer ? { name: restorer.model.name, sha256: restorer.model.sha256 } : null;
    const { quality, format } = job.output;
    if (quality === undefined) {
      return { image: await restorer.restoreFile(job.rawPath, job.productPath, options), model };
    }
    const image = await restorer.restore(job.rawPath, options);
    await writeWithQuality(image, job.productPath, format as 'jpeg' | 'webp', quality);
    return { image, model };
  }

  /** Gives all memory back: what is opened next is read anew. */
  async close(): Promise<void> {
    const restorers = [...this.#open.values()];
    this.#open = new Map();
    for (const restorer of restorers) await restorer.dispose();
    this.#runtime?.dispose();
    this.#runtime = null;
  }

  async #restorer(level: Level): Promise<AnyRestorer> {
    const known = this.#open.get(level);
    if (known) return known;
    const { memoryBytes: memory, integrity } = this.#machine;
    this.#runtime ??= await Runtime.open({ memory, threads: this.#threads });
    const made = await openLevel(level, this.#options, { runtime: this.#runtime, integrity });
    this.#open.set(level, made);
    return made;
  }
}

async function openLevel(
  level: Level,
  options: LevelOptions,
  how: { readonly runtime: Runtime; readonly integrity: IntegrityMode },
): Promise<AnyRestorer> {
  if (level === 'network') return Restorer.open({ model: options.network!, ...how });
  if (level === 'network-small') return Restorer.open({ model: options.networkSmall!, ...how });
  const { psf, method } = options.deconvolve!;
  return Deconvolver.open({ psf, method, ...how });
}

/** The library writes with a quality of its own. Metadata are lost: the raw file has them. */
async function writeWithQuality(
  { data, width, height, channels, depth }: RestoredImage,
  path: string,
  format: 'jpeg' | 'webp',
  quality: number,
): Promise<void> {
  const image = sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } });
  if (depth === 16) image.toColourspace(channels < 3 ? 'b-w' : 'srgb');
  await image[format]({ quality }).toFile(path);
}
