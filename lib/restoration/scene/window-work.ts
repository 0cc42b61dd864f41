import { copySamples, frameBytes } from '../../image/frame.js';
import type { AnyFrame } from '../../image/frame.js';
import type { FrameWindow } from '../../image/missing/fill.js';
import { keepMissing } from '../../image/missing/keep.js';
import type { ImageSource, SourceFrame } from '../../image/source.js';
import type { RowWindow } from '../../image/stored.js';
import { garbage } from '../../runtime/garbage.js';
import type { Progress } from '../../runtime/progress.js';
import { Scope } from '../../runtime/scope.js';
import { toTask } from '../restoration.js';
import type { FrameReport } from '../restoration.js';
import { SceneWork } from './scene-work.js';
import type { TakeRows } from './scene-work.js';
import { cutSource, fadeRows, rowsOf } from './window-rows.js';
import type { SceneWindow } from './windows.js';

type Samples = AnyFrame['data'];

/** A window as it was read and restored. */
interface RestoredWindow {
  readonly source: SourceFrame;
  readonly data: Samples;
}

/** Restores windows each by itself, with the rows beyond them that theirs depend on. */
export class WindowWork<Report extends FrameReport> extends SceneWork<Report> {
  /** Of the rows below those that were given last: the next window passes from them. */
  #carried: Samples | null = null;

  /** The window before is restored once more, where the next one passes from it. */
  override async goOnWith(row: number, missingPixels: number): Promise<void> {
    await super.goOnWith(row, missingPixels);
    const before = this.scene.windows.find(({ end, carry }) => end === row && carry > 0);
    if (before) this.#carry(before, (await this.#restore(before, 'repeat')).data);
  }

  async restore(window: SceneWindow, take: TakeRows): Promise<void> {
    await this.#restoreInto(window, take);
    garbage.add(3 * frameBytes({ ...this.source.header, height: window.read.count }));
    garbage.settle(() => this.scope.binding.trimHeap());
  }

  async #restoreInto(window: SceneWindow, take: TakeRows): Promise<void> {
    const { source, data } = await this.#restore(window, 'restore');
    const { channels, width } = source.frame;
    const [start, count] = [window.top - window.read.top, window.end - window.top];
    const rows = rowsOf(data, width * channels, start, count);
    if (this.#carried) await fadeRows(this.#carried, rows, width * channels, this.pauses);
    this.#carry(window, data);
    const own = cutSource(source, start, count);
    await keepMissing(own.frame, own.valid, own.nodata, rows, this.pauses);
    await take(rows, count, own.mask);
    this.missingPixels += own.missingPixels;
  }

  async #restore({ top, end, read }: SceneWindow, phase: string): Promise<RestoredWindow> {
    const { signal, runtime } = this.scope;
    const { height } = this.source.header;
    const source = await this.read(read);
    const whole = await toTask(this.restoration, source, this.pauses, windowAt(this.source, read, signal));
    const task = { ...whole, part: { top: read.top, height, from: top - read.top, to: end - read.top } };
    const onProgress = ({ phase: part, done, total }: Progress): void => {
      if (part !== 'restore') return;
      this.scope.progress({
        unit: 'rows',
        phase,
        done: top + Math.floor((done / total) * (end - top)),
        total: height,
      });
    };
    using scope = new Scope(runtime, { signal, onProgress });
    return { source, data: await this.restoration.run(task, this.scene.planOf(read.count), scope) };
  }

  #carry({ end, carry, read }: SceneWindow, data: Samples): void {
    const { width, channels } = this.source.header;
    this.#carried = carry > 0 ? copySamples(rowsOf(data, width * channels, end - read.top, carry)) : null;
  }
}

/** Where rows lie in a scene, and how others are read. */
export function windowAt(source: ImageSource, { top }: RowWindow, signal: AbortSignal): FrameWindow {
  return { top, height: source.header.height, readRows: (rows) => source.readRows(rows, signal) };
}
