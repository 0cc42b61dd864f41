import type { AnyFrame } from '../../image/frame.js';
import { fullScale } from '../../image/samples.js';
import type { ImageSource, SourceFrame } from '../../image/source.js';
import type { RowWindow } from '../../image/stored.js';
import { digestOfRows, untilTwoReadAlike } from '../../operation/ends.js';
import type { EndsTally } from '../../operation/ends.js';
import type { OperationReport } from '../../operation/report.js';
import type { Attempt } from '../../runtime/agree.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';
import type { FrameReport, WindowRestoration } from '../restoration.js';
import type { PlannedScene } from './plan-scene.js';
import type { SceneWindow } from './windows.js';

/** Takes restored rows, and those of the file's own mask. */
export type TakeRows = (samples: AnyFrame['data'], count: number, mask: Uint8Array | null) => Promise<void>;

/** What work on a scene is made of. */
export interface SceneParts<Report extends FrameReport> {
  /** Its white is known. */
  readonly source: ImageSource;
  readonly scene: PlannedScene<Report>;
  readonly restoration: WindowRestoration<Report>;
  /** Null where the ends are not checked. */
  readonly ends: EndsTally | null;
  readonly scope: Scope;
}

/** Restores the windows of a scene one after the other. */
export abstract class SceneWork<Report extends FrameReport> implements AsyncDisposable {
  readonly scene: PlannedScene<Report>;
  protected readonly source: ImageSource;
  protected readonly scope: Scope;
  protected readonly pauses: Pauses;
  protected readonly restoration: WindowRestoration<Report>;
  #fromRow = 0;
  /** Of the first rows whose samples are warned of: those of others differ in numbers alone. */
  #warnings: readonly string[] = [];
  missingPixels = 0;
  /** Null where the ends are not checked. */
  readonly ends: EndsTally | null;

  constructor({ source, scene, restoration, ends, scope }: SceneParts<Report>) {
    this.source = source;
    this.scene = scene;
    this.restoration = restoration;
    this.ends = ends;
    this.scope = scope;
    this.pauses = new Pauses(scope.signal);
  }

  /** Restores a window, the one after that before, and gives its rows. */
  abstract restore(window: SceneWindow, take: TakeRows): Promise<void>;

  /**
   * Prepares to go on with a row that an earlier run has not written.
   * @param missingPixels that the rows before it have
   */
  async goOnWith(row: number, missingPixels: number): Promise<void> {
    this.#fromRow = row;
    this.missingPixels = missingPixels;
  }

  /** What was found in samples that no method heeds, for people. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** What the report says of the samples. */
  async facts(): Promise<Pick<OperationReport, 'white' | 'whiteFrom' | 'missingPixels' | 'ends'>> {
    const { frame, whiteFrom } = await this.source.readRows({ top: 0, count: 1 }, this.scope.signal);
    return {
      white: fullScale(frame),
      whiteFrom,
      missingPixels: this.missingPixels,
      ...(this.ends && { ends: this.ends }),
    };
  }

  report(base: OperationReport<Report['plan']>): Report {
    return { ...this.restoration.report(base), scene: { ...base.plan.scene!, fromRow: this.#fromRow } };
  }

  /** Waits until nothing works any more. */
  async [Symbol.asyncDispose](): Promise<void> {}

  /** Rows of the source; twice, where its ends are checked. */
  protected async read(rows: RowWindow): Promise<SourceFrame> {
    const source = this.ends ? await this.#readTwice(rows, this.ends) : await this.#readOnce(rows);
    const { warnings } = source;
    if (this.#warnings.length === 0)
      this.#warnings = warnings.map((text) => `in rows from ${rows.top + 1} on, ${text}`);
    return source;
  }

  #readOnce(rows: RowWindow): Promise<SourceFrame> {
    return this.source.readRows(rows, this.scope.signal);
  }

  async #readTwice(rows: RowWindow, ends: EndsTally): Promise<SourceFrame> {
    const read = async (): Promise<Attempt<SourceFrame>> => {
      const value = await this.#readOnce(rows);
      return { value, digest: await digestOfRows(value, this.scope.signal) };
    };
    return await untilTwoReadAlike(read, this.source.label, ends);
  }
}
