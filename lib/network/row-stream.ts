import { copySamples } from '../image/frame.js';
import type { AnyFrame } from '../image/frame.js';
import type { SceneBand, SceneRows, SceneStream } from '../restoration/scene/scene-stream.js';
import { NativeError } from '../runtime/errors.js';
import type { NativePipeline } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';
import { BandStrips } from './band-strips.js';
import { alignDown, createAxis, exactHalo } from './passes.js';
import type { Axis } from './passes.js';
import { planRowsFrom } from './plan-rows.js';
import type { Plan, PlanContext } from './plan.js';
import { runPass } from './run-pass.js';
import type { ResidualBlock, RowBlock } from './run-pass.js';

/** Pipelines for use until it is disposed of. */
export interface PipelineLoan extends Disposable {
  readonly pipelines: readonly NativePipeline[];
}

/** What lends the pipelines of a plan. */
export interface PipelineLender {
  readonly context: PlanContext;
  use(plan: Plan): PipelineLoan;
  /** Does some work; where it fails as faults of memory do, once more with a model that is read anew. */
  persist<T>(work: () => Promise<T>): Promise<T>;
  /** Asks for the known answer, where there is one. Rejects with WrongAnswerError. */
  ask(): Promise<void>;
}

/** Restores the rows of a scene from top to bottom: what the network has read of one piece goes on into the next. */
export class RowStream implements SceneStream {
  readonly #lender: PipelineLender;
  readonly #plan: Plan;
  readonly #rows: SceneRows;
  readonly #scope: Scope;
  readonly #strips: BandStrips;
  #run: RowRun | null = null;

  constructor(lender: PipelineLender, plan: Plan, rows: SceneRows, scope: Scope) {
    this.#lender = lender;
    this.#plan = plan;
    this.#rows = rows;
    this.#scope = scope;
    this.#strips = new BandStrips(scope.binding, plan);
  }

  async restore(top: number, frame: AnyFrame): Promise<AnyFrame['data']> {
    return await this.#lender.persist(async () => {
      try {
        this.#run ??= this.#begin(top);
        const data = await this.#compose(this.#run, top, frame);
        // Rows are written next.
        await this.#lender.ask();
        return data;
      } catch (error) {
        await this[Symbol.asyncDispose]();
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const run = this.#run;
    this.#run = null;
    await run?.end();
  }

  /** Goes through the network from so far above a row on that nothing above changes it. */
  #begin(top: number): RowRun {
    const { context } = this.#lender;
    const first = alignDown(Math.max(0, top - exactHalo(context.shape.residualBlocks).before));
    const plan = planRowsFrom(first, this.#plan, context);
    const feed = new RowFeed(this.#strips, plan, this.#rows, first);
    return new RowRun(this.#lender.use(plan), plan, feed, this.#scope);
  }

  async #compose(run: RowRun, top: number, frame: AnyFrame): Promise<AnyFrame['data']> {
    const output = copySamples(frame.data);
    const end = top + frame.height;
    for (let row = top; row < end; ) {
      const block = await run.blockWith(row);
      const from = block.row + run.first;
      const count = Math.min(end, from + block.count) - row;
      this.#strips.compose(block, frame, output, { skipped: row - from, top: row - top, count });
      row += count;
      this.#scope.progress({ unit: 'rows', phase: 'restore', done: row, total: this.#rows.height });
    }
    return output;
  }
}

/** One pass over the rest of a scene, as far as it has come. */
class RowRun {
  readonly first: number;
  readonly #used: Disposable;
  readonly #feed: RowFeed;
  readonly #scope: Scope;
  readonly #blocks: AsyncGenerator<ResidualBlock, void, void>;
  #block: ResidualBlock | null = null;

  constructor(used: PipelineLoan, plan: Plan, feed: RowFeed, scope: Scope) {
    this.first = feed.row;
    this.#used = used;
    this.#feed = feed;
    this.#scope = scope;
    this.#blocks = runPass(used.pipelines, plan, () => feed.next(), scope);
  }

  /** The residuals among which are those of a row, which is not above those that were asked for last. */
  async blockWith(row: number): Promise<ResidualBlock> {
    const wanted = row - this.first;
    while (!this.#block || this.#block.row + this.#block.count <= wanted) {
      const { value, done } = await this.#blocks.next();
      if (done) throw new NativeError('INTERNAL', `the network ended before row ${row}`);
      this.#block = value;
      const end = value.row + value.count;
      if (end <= wanted) this.#scope.progress({ unit: 'rows', phase: 'repeat', done: end, total: wanted });
    }
    return this.#block;
  }

  /** Waits until nothing works or reads any more. */
  async end(): Promise<void> {
    try {
      await this.#blocks.return();
      await this.#feed.settle();
    } finally {
      this.#used[Symbol.dispose]();
    }
  }
}

/** Feeds the rows of a scene to the network, from one of them on. */
class RowFeed {
  readonly #strips: BandStrips;
  readonly #rows: SceneRows;
  readonly #axis: Axis;
  readonly #stripRows: number;
  #band: SceneBand | null = null;
  #pending: Promise<unknown> = Promise.resolve();
  /** The one that comes next, from 0: those beyond the scene are its last ones, reflected. */
  row: number;

  constructor(strips: BandStrips, { frame, pass }: Plan, rows: SceneRows, first: number) {
    this.#strips = strips;
    this.#rows = rows;
    this.#axis = createAxis(frame.height, false);
    this.#stripRows = pass.stripRows;
    this.row = first;
  }

  next(): Promise<RowBlock | null> {
    const block = this.#next();
    this.#pending = block.catch(() => {});
    return block;
  }

  /** Waits for what is being read. */
  async settle(): Promise<void> {
    await this.#pending;
    this.#band = null;
  }

  async #next(): Promise<RowBlock | null> {
    const { indices, end: height } = this.#axis;
    if (this.row === indices.length) return null;
    const band = await this.#bandWith(this.row);
    const end = endOf(band);
    const count = Math.min(this.#stripRows, (end === height ? indices.length : end) - this.row);
    const wanted = indices.slice(this.row, this.row + count).map((row) => row - band.top);
    const { rows, map } = this.#strips.gather(band.frame, wanted);
    this.row += count;
    return { rows, count, ...(band.valid && { valid: { plane: band.valid, map } }) };
  }

  async #bandWith(row: number): Promise<SceneBand> {
    if (!this.#band || (row < this.#axis.end && row >= endOf(this.#band))) {
      // Memory of the one before is needed for the next.
      this.#band = null;
      this.#band = await this.#rows.read(row);
    }
    return this.#band;
  }
}

const endOf = ({ top, frame }: SceneBand): number => top + frame.height;
