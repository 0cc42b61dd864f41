import type { SourceFrame } from '../image/source.js';
import { requireComparable } from '../metrics/input.js';
import { toMeasured } from '../metrics/measured.js';
import type { MeasuredFrame } from '../metrics/measured.js';
import { chooseMetrics, measureMetrics } from '../metrics/measure.js';
import type { MetricValues } from '../metrics/measure.js';
import type { Operation, PlannedInput } from '../operation/operation.js';
import type { Psf } from '../psf/psf.js';
import type { MemoryPlan } from '../runtime/memory-plan.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Scope } from '../runtime/scope.js';
import { showFrequencies } from './frequencies.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { describeMetrics } from './metrics.js';
import { displayBrightness } from './pictures.js';
import { planPictures } from './plan.js';
import { digestPixels } from './provenance.js';
import { showDetails, showView } from './view.js';

/** What pictures of a report are, in their order. */
export const ROLES = ['before', 'after', 'reference'] as const;

/** Parts of a report that `onProgress` is told of. */
const PARTS = ['pictures read', 'frame before measured', 'frame after measured', 'page written'] as const;

/** What a report says of its pictures. */
export interface ReportBody {
  readonly parts: readonly Html[];
  /** Hex SHA-256 of the samples of each picture. */
  readonly pixelDigests: readonly string[];
}

/** The operation that compares frames before and after a restoration, and with a reference where there is a third. */
export function reportOperation(
  psf: Psf | null,
  runtime: Pick<Runtime, 'threads' | 'budgetBytes'>,
): Operation<MemoryPlan, ReportBody> {
  return {
    name: 'report',
    depths: [8, 16, 32],
    plan: (inputs) => {
      for (const { size } of inputs.slice(1)) requireComparable(inputs[0]!.size, size);
      return planPictures(inputs as readonly [PlannedInput], runtime);
    },
    run: (sources, _, scope) => compare(scope, sources, psf),
  };
}

async function compare(scope: Scope, sources: readonly SourceFrame[], psf: Psf | null): Promise<ReportBody> {
  tell(scope, 'pictures read');
  const measured = await toMeasured(scope, sources, sources[2] ?? sources[0]!);
  const [before, after] = await measureBoth(scope, measured);
  // The white of all; what is shown as missing is what is missing in that picture.
  const shown = measured.map(({ frame }, index) => ({ frame, valid: sources[index]!.valid }));
  const brightness = await displayBrightness(scope, shown);
  const pictures = shown.map((picture, index) => ({ ...picture, role: ROLES[index]!, brightness }));
  const view = await showView(scope, pictures[0]!, pictures[1]!);
  // What encoders of whole frames have taken.
  scope.binding.trimHeap();
  const parts = [
    view,
    await showDetails(scope, pictures),
    html`<h2>Metrics</h2>${describeMetrics(before, after)}`,
    await showFrequencies(scope, pictures, psf),
  ];
  const pixelDigests: string[] = [];
  for (const { frame } of sources) pixelDigests.push(await digestPixels(scope, frame));
  return { parts, pixelDigests };
}

async function measureBoth(
  scope: Scope,
  frames: readonly MeasuredFrame[],
): Promise<readonly [MetricValues, MetricValues]> {
  const [before, after, reference] = frames;
  const choice = chooseMetrics(undefined, reference !== undefined);
  const first = await measureMetrics(scope, choice, before!, reference);
  tell(scope, 'frame before measured');
  const second = await measureMetrics(scope, choice, after!, reference);
  tell(scope, 'frame after measured');
  return [first, second];
}

/** Tells that a part is done. */
export function tell(scope: Scope, phase: (typeof PARTS)[number]): void {
  scope.progress({ phase, unit: 'parts', done: PARTS.indexOf(phase) + 1, total: PARTS.length });
}
