import { allocateSamples } from '../image/frame.js';
import type { Frame } from '../image/frame.js';
import type { Binding, ComposeRequest, NativePipeline, Samples } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';
import { PassGeometry, ensembleFlips } from './passes.js';
import type { Panel } from './passes.js';
import type { Plan } from './plan.js';
import { runPass } from './run-pass.js';
import type { ResidualBlock, RowFeed } from './run-pass.js';

/**
 * Restores a frame in memory as its plan says: pass by pass, panel by panel, strip by strip. The frame is only read.
 * Rejects with PerifocalError, or with the reason of the scope's signal.
 */
export async function restoreFrame(pipeline: NativePipeline, plan: Plan, frame: Frame, scope: Scope): Promise<Samples> {
  const { binding } = scope;
  const flips = ensembleFlips(plan.ensemble);
  const total = plan.pass.height * plan.layout.panels.length * flips.length;
  const sums = flips.length > 1 ? new Int16Array(frame.width * frame.height * 3) : null;
  const output = allocateSamples(frame.data.length, frame.depth);
  const writer = new ResidualWriter(binding, plan, frame, output, sums);
  let done = 0;
  for (const [index, flip] of flips.entries()) {
    const geometry = new PassGeometry(frame, plan.pass.transposed, flip);
    for (const panel of plan.layout.panels) {
      const feed = gatherStrips(binding, plan, frame, geometry, panel);
      for await (const block of runPass(pipeline, plan.pass, feed, scope)) {
        writer.write(block, geometry, panel, index === flips.length - 1);
        done += block.count;
        scope.progress({ unit: 'rows', phase: 'restore', done, total });
      }
    }
  }
  return output;
}

/** Cuts a panel of the frame into strips of pass rows. */
function gatherStrips(binding: Binding, plan: Plan, frame: Frame, geometry: PassGeometry, panel: Panel): RowFeed {
  const { width, stripRows } = plan.pass;
  const strip = new Uint8Array(stripRows * width * 3);
  let row = 0;
  return async () => {
    const count = Math.min(stripRows, geometry.height - row);
    if (count === 0) return null;
    const rows = strip.subarray(0, count * width * 3);
    binding.gatherRows(frame.data, frame.channels, geometry.readMap(row, count, panel.start, width), rows);
    row += count;
    return { rows, count };
  };
}

/** Puts residual rows where they belong: into the sums, or with those into the restored frame. */
class ResidualWriter {
  readonly #binding: Binding;
  readonly #width: number;
  readonly #target: Pick<ComposeRequest, 'residualWidth' | 'sums' | 'passes' | 'source' | 'output' | 'channels'>;

  constructor(binding: Binding, plan: Plan, frame: Frame, output: Samples, sums: Int16Array | null) {
    this.#binding = binding;
    this.#width = plan.pass.width;
    this.#target = {
      residualWidth: plan.pass.width,
      sums,
      passes: plan.ensemble,
      source: frame.data,
      output,
      channels: frame.channels,
    };
  }

  write(block: ResidualBlock, geometry: PassGeometry, panel: Panel, isLastPass: boolean): void {
    const window = geometry.writeWindow(block.row, block.count, panel);
    if (!window) return;
    const { map, firstColumn, skippedRows } = window;
    const residual = block.residual.subarray(skippedRows * this.#width * 3);
    const { sums } = this.#target;
    if (isLastPass) this.#binding.composeRows({ ...this.#target, residual, firstColumn, map });
    else this.#binding.accumulateRows({ residual, residualWidth: this.#width, firstColumn, map }, sums!);
  }
}
