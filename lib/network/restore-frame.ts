import { allocateSamples } from '../image/frame.js';
import type { AnyFrame } from '../image/frame.js';
import { fullScale } from '../image/samples.js';
import type { BandGroup, Binding, ComposeRequest, NativePipeline } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';
import { PassGeometry, ensembleFlips } from './passes.js';
import type { Panel } from './passes.js';
import type { Plan } from './plan.js';
import { runPass } from './run-pass.js';
import type { Residual, RowFeed } from './run-pass.js';

/** What all passes over a frame share. */
interface FrameTask {
  readonly plan: Plan;
  readonly frame: AnyFrame;
  /** One byte per pixel, 0 where it is missing; null: none is. */
  readonly valid: Uint8Array | null;
  readonly memory: FrameMemory;
}

/** What a frame is restored in, as often as wanted. */
export interface FrameMemory {
  /** The restored samples, laid out as those of the frame. */
  readonly output: AnyFrame['data'];
  /** Residuals of all passes over a group but the last, 3 per pixel; null where there is one pass. */
  readonly sums: Int16Array | null;
}

/** The memory for a frame that is restored as planned. */
export function createFrameMemory({ ensemble }: Plan, { data, depth, width, height }: AnyFrame): FrameMemory {
  const sums = ensemble > 1 ? new Int16Array(width * height * 3) : null;
  return { output: allocateSamples(data.length, depth), sums };
}

/** How far one of several computations of a frame is, of all. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/**
 * Restores a frame in memory as its plan says: group by group of its bands, pass by pass, panel by panel, strip by
 * strip. Where pixels are missing, by `valid`, the network sees what it sees beyond the rim of a frame. The frame is
 * only read. Rejects with PerifocalError, or with the reason of the scope's signal.
 * @param share of the progress that is told
 */
export async function restoreFrame(
  pipeline: NativePipeline,
  plan: Plan,
  { frame, valid, memory }: Omit<FrameTask, 'plan'>,
  share: Share,
  scope: Scope,
): Promise<void> {
  const flips = ensembleFlips(plan.ensemble);
  const task: FrameTask = { plan, frame, valid, memory };
  const rows = plan.pass.height * plan.layout.panels.length * flips.length * plan.groups.length;
  const total = rows * share.of;
  let done = rows * share.index;
  memory.output.set(frame.data);
  for (const group of plan.groups) {
    const bands = { channels: frame.channels, group, white: fullScale(frame) };
    memory.sums?.fill(0);
    for (const [index, flip] of flips.entries()) {
      const geometry = new PassGeometry(frame, plan.pass.transposed, flip);
      for await (const count of restorePass(pipeline, task, bands, geometry, index === flips.length - 1, scope)) {
        done += count;
        scope.progress({ unit: 'rows', phase: 'restore', done, total });
      }
    }
  }
}

/** Runs one pass over all panels; yields numbers of pass rows that have come out. */
async function* restorePass(
  pipeline: NativePipeline,
  task: FrameTask,
  bands: BandGroup,
  geometry: PassGeometry,
  isLast: boolean,
  scope: Scope,
): AsyncGenerator<number, void, void> {
  const { plan } = task;
  for (const panel of plan.layout.panels) {
    const feed = gatherStrips(scope.binding, task, bands, geometry, panel);
    for await (const { row, count, residuals } of runPass([pipeline], plan, feed, scope)) {
      const target = locate(plan, geometry, panel, row, count, residuals[0]!);
      if (target && isLast) compose(scope.binding, task, bands, target);
      else if (target) scope.binding.accumulateRows(target, task.memory.sums!);
      yield count;
    }
  }
}

/** Cuts a panel of the frame into strips of pass rows. */
function gatherStrips(
  binding: Binding,
  { plan, frame, valid }: FrameTask,
  bands: BandGroup,
  geometry: PassGeometry,
  panel: Panel,
): RowFeed {
  const { width, stripRows } = plan.pass;
  const strip = new Uint8Array(stripRows * width * 3);
  let row = 0;
  return async () => {
    const count = Math.min(stripRows, geometry.height - row);
    if (count === 0) return null;
    const rows = strip.subarray(0, count * width * 3);
    const map = geometry.readMap(row, count, panel.start, width);
    binding.gatherRows(frame.data, bands, map, rows);
    row += count;
    return { rows: [rows], count, ...(valid && { valid: { plane: valid, map } }) };
  };
}

type Target = Pick<ComposeRequest, 'residual' | 'shared' | 'residualWidth' | 'firstColumn' | 'map'>;

/** Where `count` residual rows of a panel belong; null where all of them are padding. */
function locate(
  { pass: { width } }: Plan,
  geometry: PassGeometry,
  panel: Panel,
  row: number,
  count: number,
  { residual, shared }: Residual,
): Target | null {
  const window = geometry.writeWindow(row, count, panel);
  if (!window) return null;
  const { map, firstColumn, skippedRows } = window;
  return {
    residual: residual.subarray(skippedRows * width * 3),
    shared: shared?.subarray(skippedRows * width) ?? null,
    residualWidth: width,
    firstColumn,
    map,
  };
}

/** Puts the last residuals, with the sums of those before, into the restored frame. */
function compose(binding: Binding, { plan, frame, memory }: FrameTask, bands: BandGroup, target: Target): void {
  binding.composeRows({ ...target, ...memory, passes: plan.ensemble, source: frame.data, bands });
}
