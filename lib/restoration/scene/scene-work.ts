import { copySamples, frameBytes } from '../../image/frame.js';
import type { AnyFrame } from '../../image/frame.js';
import type { FrameWindow } from '../../image/missing/fill.js';
import { keepMissing } from '../../image/missing/keep.js';
import { fullScale } from '../../image/samples.js';
import type { ImageSource, SourceFrame } from '../../image/source.js';
import type { RowWindow } from '../../image/stored.js';
import { digestOfRows, untilTwoReadAlike } from '../../operation/ends.js';
import type { EndsTally } from '../../operation/ends.js';
import type { OperationReport } from '../../operation/report.js';
import { garbage } from '../../runtime/garbage.js';
import { checksEnds } from '../../runtime/integrity.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Progress } from '../../runtime/progress.js';
import { Scope } from '../../runtime/scope.js';
import { toTask } from '../restoration.js';
import type { FrameReport, Restoration, RestorationTask, WindowRestoration } from '../restoration.js';
import type { PlannedScene } from './plan-scene.js';
import { cutSource, fadeRows, rowsOf } from './window-rows.js';
import type { SceneWindow } from './windows.js';

type Samples = AnyFrame['data'];

/** Takes restored rows, and those of the file's own mask. */
export type TakeRows = (samples: Samples, count: number, mask: Uint8Array | null) => Promise<void>;

/** A window as it was read and restored. */
interface RestoredWindow {
  readonly source: SourceFrame;
  readonly data: Samples;
}

/** Restores the windows of a scene one after the other. */
export class SceneWork<Report extends FrameReport> {
  readonly scene: PlannedScene<Report>;
  readonly #source: ImageSource;
  readonly #scope: Scope;
  readonly #pauses: Pauses;
  readonly #restoration: WindowRestoration<Report>;
  /** Of the rows below those that were given last: the next window passes from them. */
  #carried: Samples | null = null;
  #first: SourceFrame;
  #fromRow = 0;
  /** Of the first window whose samples are warned of: those of others differ in numbers alone. */
  #warnings: readonly string[] = [];
  missingPixels = 0;
  /** Null where the ends are not checked. */
  readonly ends: EndsTally | null;

  private constructor(
    source: ImageSource,
    scene: PlannedScene<Report>,
    restoration: WindowRestoration<Report>,
    first: SourceFrame,
    ends: EndsTally | null,
    scope: Scope,
  ) {
    this.#source = source;
    this.scene = scene;
    this.#restoration = restoration;
    this.#first = first;
    this.#scope = scope;
    this.#pauses = new Pauses(scope.signal);
    this.ends = ends;
  }

  /** Finds out what all windows share. @param source whose white is known */
  static async begin<Report extends FrameReport>(
    restoration: Restoration<Report>,
    source: ImageSource,
    scene: PlannedScene<Report>,
    scope: Scope,
  ): Promise<SceneWork<Report>> {
    const survey = {
      samples: () => readSamples(restoration, source, scene.samples, scope),
      plan: scene.planOf(scene.samples[0]!.count),
    };
    const windows = await restoration.survey(survey, scope);
    const first = await source.readRows({ top: 0, count: 1 }, scope.signal);
    const ends = checksEnds(restoration.integrity) ? { differentReadings: 0, differentWritings: 0 } : null;
    return new SceneWork(source, scene, windows, first, ends, scope);
  }

  /**
   * Prepares to go on with a row that an earlier run has not written. The window before is restored once more, where
   * the next one passes from it.
   * @param missingPixels that the rows before it have
   */
  async goOnWith(row: number, missingPixels: number): Promise<void> {
    this.#fromRow = row;
    this.missingPixels = missingPixels;
    const before = this.scene.windows.find(({ end, carry }) => end === row && carry > 0);
    if (before) this.#carry(before, (await this.#restore(before, 'resume')).data);
  }

  /** Restores a window, the one after that before, and gives its rows. */
  async restore(window: SceneWindow, take: TakeRows): Promise<void> {
    const { source, data } = await this.#restore(window, 'restore');
    const { channels, width } = source.frame;
    const [start, count] = [window.top - window.read.top, window.end - window.top];
    const rows = rowsOf(data, width * channels, start, count);
    if (this.#carried) await fadeRows(this.#carried, rows, width * channels, this.#pauses);
    this.#carry(window, data);
    const own = cutSource(source, start, count);
    await keepMissing(own.frame, own.valid, own.nodata, rows, this.#pauses);
    await take(rows, count, own.mask);
    this.missingPixels += own.missingPixels;
  }

  /** Says that the memory of a window is free. */
  settle({ read }: SceneWindow): void {
    garbage.add(3 * frameBytes({ ...this.#source.header, height: read.count }));
    garbage.settle(() => this.#scope.binding.trimHeap());
  }

  /** What was found in samples that no method heeds, for people. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** What the report says of the samples. */
  get facts(): Pick<OperationReport, 'white' | 'whiteFrom' | 'missingPixels' | 'ends'> {
    const { frame, whiteFrom } = this.#first;
    return {
      white: fullScale(frame),
      whiteFrom,
      missingPixels: this.missingPixels,
      ...(this.ends && { ends: this.ends }),
    };
  }

  report(base: OperationReport<Report['plan']>): Report {
    return { ...this.#restoration.report(base), scene: { ...base.plan.scene!, fromRow: this.#fromRow } };
  }

  async #restore({ top, end, read }: SceneWindow, phase: string): Promise<RestoredWindow> {
    const { signal, runtime } = this.#scope;
    const { height } = this.#source.header;
    const source = await this.#read(read);
    const { warnings } = source;
    if (this.#warnings.length === 0)
      this.#warnings = warnings.map((text) => `in rows from ${read.top + 1} on, ${text}`);
    const whole = await toTask(this.#restoration, source, this.#pauses, windowAt(this.#source, read, signal));
    const task = { ...whole, part: { top: read.top, height, from: top - read.top, to: end - read.top } };
    const onProgress = ({ phase: part, done, total }: Progress): void => {
      if (part !== 'restore') return;
      this.#scope.progress({
        unit: 'rows',
        phase,
        done: top + Math.floor((done / total) * (end - top)),
        total: height,
      });
    };
    using scope = new Scope(runtime, { signal, onProgress });
    return { source, data: await this.#restoration.run(task, this.scene.planOf(read.count), scope) };
  }

  /** Rows of the source; twice, where its ends are checked. */
  async #read(rows: RowWindow): Promise<SourceFrame> {
    const { signal } = this.#scope;
    if (!this.ends) return await this.#source.readRows(rows, signal);
    const read = async (): Promise<{ value: SourceFrame; digest: string }> => {
      const value = await this.#source.readRows(rows, signal);
      return { value, digest: await digestOfRows(value, signal) };
    };
    return await untilTwoReadAlike(read, this.#source.label, this.ends);
  }

  #carry({ end, carry, read }: SceneWindow, data: Samples): void {
    const { width, channels } = this.#source.header;
    this.#carried = carry > 0 ? copySamples(rowsOf(data, width * channels, end - read.top, carry)) : null;
  }
}

/** Where rows lie in a scene, and how others are read. */
function windowAt(source: ImageSource, { top }: RowWindow, signal: AbortSignal): FrameWindow {
  return { top, height: source.header.height, readRows: (rows) => source.readRows(rows, signal) };
}

/** Reads samples of a scene one after the other. */
async function* readSamples(
  restoration: Parameters<typeof toTask>[0],
  source: ImageSource,
  windows: readonly RowWindow[],
  scope: Scope,
): AsyncGenerator<RestorationTask, void, void> {
  for (const [index, rows] of windows.entries()) {
    scope.progress({ unit: 'windows', phase: 'survey', done: index, total: windows.length });
    const read = await source.readRows(rows, scope.signal);
    yield await toTask(restoration, read, new Pauses(scope.signal), windowAt(source, rows, scope.signal));
    garbage.add(2 * frameBytes(read.frame));
    garbage.settle(() => scope.binding.trimHeap());
  }
}
