import { frameBytes } from '../../image/frame.js';
import { keepMissing } from '../../image/missing/keep.js';
import { garbage } from '../../runtime/garbage.js';
import type { FrameReport } from '../restoration.js';
import { FilledRows } from './filled-rows.js';
import type { SceneStream } from './scene-stream.js';
import { SceneWork } from './scene-work.js';
import type { SceneParts, TakeRows } from './scene-work.js';
import type { SceneWindow } from './windows.js';

/** Restores rows one after the other, some at a time: what a window has computed goes on into the next one. */
export class StreamWork<Report extends FrameReport> extends SceneWork<Report> {
  readonly #stream: SceneStream;

  /** @param parts of a scene that is planned as a stream */
  constructor(parts: SceneParts<Report>) {
    super(parts);
    const { source, scene, restoration, scope } = parts;
    const rows = new FilledRows(source, restoration.continuation, scope);
    this.#stream = restoration.stream!(rows, scene.plan, scope);
  }

  async restore({ top, end }: SceneWindow, take: TakeRows): Promise<void> {
    const most = this.scene.pieceRows!;
    for (let row = top; row < end; row += most) {
      const count = Math.min(most, end - row);
      await this.#restorePiece(row, count, take);
      garbage.add(2 * frameBytes({ ...this.source.header, height: count }));
      garbage.settle(() => this.scope.binding.trimHeap());
    }
  }

  async #restorePiece(top: number, count: number, take: TakeRows): Promise<void> {
    const { frame, valid, nodata, mask, missingPixels } = await this.read({ top, count });
    const data = await this.#stream.restore(top, frame);
    await keepMissing(frame, valid, nodata, data, this.pauses);
    await take(data, count, mask);
    this.missingPixels += missingPixels;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream[Symbol.asyncDispose]();
  }
}
