import { BudgetError } from '../runtime/errors.js';
import type { AnyFrameSize } from '../image/frame.js';
import { bandGroups } from '../image/planes.js';
import type { ConvUse, IntegrityCoverage, NetworkShape, PassPlan, PassShape } from '../runtime/native/binding.js';
import { describeConvolution } from './convolutions.js';
import { describeIntegrity } from './integrity.js';
import { formatBytes } from '../runtime/budget.js';
import { computations } from '../runtime/integrity.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import { bytesOf, coverPhase, formatBuffers, processBuffers, sumBuffers } from '../runtime/memory-plan.js';
import { frameBuffers } from '../image/frame-memory.js';
import type { FramePlan } from '../image/frame-memory.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import { fileBuffers, gapBuffers, inputBuffers } from '../operation/input-buffers.js';
import type { PlannedInput } from '../operation/operation.js';
import { alignUp, layoutPanels } from './passes.js';
import type { PanelLayout } from './passes.js';
import { marksBytes } from './marks.js';

/** Core widths tried, widest first, when the full width does not fit (docs/streaming.md, "Direction and panels"). */
const CORE_WIDTHS = [1024, 684, 512, 256, 128] as const;

/** Transformed weights are kept up to this size: beyond it, reading them takes longer than making them anew. */
const KEPT_BYTES = 16e6;

/** How one frame will be restored by the network, and in what memory. */
export interface Plan extends FramePlan {
  readonly frame: AnyFrameSize;
  /** Channels, from 0, that go through the network together: three as red, green and blue, or one as grey. */
  readonly groups: readonly (readonly number[])[];
  /**
   * Pipelines: one in a frame, whose groups follow each other, one a group in a stream; twice as many where all is
   * computed twice.
   */
  readonly pipelines: number;
  /** Pass rows are image rows, or image columns (kernels transposed) where that takes less memory. */
  readonly direction: 'rows' | 'columns';
  readonly layout: PanelLayout;
  /** What each pass runs; its height is the padded frame's. */
  readonly pass: PassShape;
  readonly ensemble: 1 | 2 | 4;
  /** What sums the 3x3 convolutions of each shape. */
  readonly convolutions: readonly ConvUse[];
  readonly integrity: IntegrityMode;
  /** What checks of its work can see; null with integrity 'off'. */
  readonly coverage: IntegrityCoverage | null;
  /** What each native pipeline maps, ring by ring. */
  readonly pipeline: PassPlan;
  /** Multiply-accumulates of the whole frame, halo included; of both computations where all is computed twice. */
  readonly macs: number;
}

/** What a plan depends on besides the frame. */
export interface PlanContext {
  readonly shape: NetworkShape;
  readonly threads: 1 | 2 | 3;
  readonly stripRows: number;
  readonly ensemble: 1 | 2 | 4;
  readonly budgetBytes: number;
  readonly convolutions: readonly ConvUse[];
  readonly integrity: IntegrityMode;
  readonly coverage: IntegrityCoverage | null;
  /** What it takes to ask for the known answer; 0 with integrity 'off'. */
  readonly knownBytes: number;
  /** What went less well than asked for when the network was opened. */
  readonly warnings: readonly string[];
  readonly planPass: (pass: PassShape) => PassPlan;
}

/** A way to restore a frame, whose memory is not known yet. */
export interface Candidate {
  readonly transposed: boolean;
  readonly layout: PanelLayout;
  readonly pass: PassShape;
  readonly pipelines: number;
}

/** The fastest plan for a frame in memory that fits the budget. Throws BudgetError with the budget that would do. */
export function planFrame(input: PlannedInput, context: PlanContext): Plan {
  const frame = input.size;
  const held = [
    ...frameBuffers(frame, bytesOf(fileBuffers(input)), input.codecBytes),
    ...gapBuffers(input),
    { name: 'ensemble sums', bytes: context.ensemble > 1 ? frame.width * frame.height * 3 * 2 : 0 },
  ];
  const directions = [false, true];
  const build = (candidate: Candidate): Plan => {
    const plan = buildPlan(frame, context, candidate, held);
    return coverPhase(plan, [...modelBuffers(plan, context), ...inputBuffers([input])]);
  };
  const whole = directions.map((transposed) => build(createCandidate(frame, context, transposed)));
  const best = choose(whole);
  if (best) return keepWeights(best, build);
  const split = CORE_WIDTHS.flatMap((core) =>
    directions.map((transposed) => createCandidate(frame, context, transposed, core)),
  )
    .filter(({ layout }) => layout.panels.length > 1)
    .map(build);
  const narrow = choose(split);
  if (narrow) return keepWeights(narrow, build);
  throw refuse(frame, context, [...whole, ...split]);
}

/** A way to restore a frame in panels of so many columns. */
export function createCandidate(
  frame: AnyFrameSize,
  context: PlanContext,
  transposed: boolean,
  coreWidth = Infinity,
): Candidate {
  const [width, height] = [alignUp(frame.width), alignUp(frame.height)];
  const [columns, rows] = transposed ? [height, width] : [width, height];
  const layout = layoutPanels(columns, Math.min(columns, coreWidth), context.shape.residualBlocks);
  const stripRows = Math.min(context.stripRows, rows);
  return {
    transposed,
    layout,
    pipelines: computations(context.integrity),
    pass: {
      width: layout.pipelineWidth,
      height: rows,
      transposed,
      threads: context.threads,
      stripRows,
      keepWeights: false,
      ...(context.integrity !== 'off' && { integrity: context.integrity === 'full' ? 'full' : 'checked' }),
    },
  };
}

/** The plan with transformed weights kept in memory, where there is room and they are few enough. */
export function keepWeights(plan: Plan, build: (candidate: Candidate) => Plan): Plan {
  if (plan.pipeline.transformedBytes === 0) return plan;
  const candidate = {
    transposed: plan.pass.transposed,
    layout: plan.layout,
    pipelines: plan.pipelines,
    pass: { ...plan.pass, keepWeights: true },
  };
  const kept = build(candidate);
  return kept.bytes <= kept.budgetBytes && kept.pipeline.transformedBytes <= KEPT_BYTES ? kept : plan;
}

/** The plan of a candidate. @param held what takes memory beside the network */
export function buildPlan(
  frame: AnyFrameSize,
  context: PlanContext,
  candidate: Candidate,
  held: readonly PlannedBuffer[],
): Plan {
  const { transposed, layout, pass, pipelines } = candidate;
  const pipeline = context.planPass(pass);
  const groups = bandGroups(frame);
  const buffers = [
    ...processBuffers(),
    ...modelBuffers({ pipeline }, context),
    ...held,
    ...pipelineBuffers({ pass, pipeline, pipelines }),
  ];
  return {
    frame,
    groups,
    pipelines,
    direction: transposed ? 'columns' : 'rows',
    layout,
    pass,
    ensemble: context.ensemble,
    convolutions: context.convolutions,
    integrity: context.integrity,
    coverage: context.coverage,
    pipeline,
    ...sumBuffers(buffers, context.budgetBytes),
    macs: pipeline.macs * layout.panels.length * context.ensemble * groups.length * computations(context.integrity),
  };
}

/** What an open model takes, whatever it restores. */
function modelBuffers({ pipeline }: Pick<Plan, 'pipeline'>, { knownBytes }: PlanContext): PlannedBuffer[] {
  return [
    { name: 'weights', bytes: pipeline.weightBytes },
    { name: 'known answer', bytes: knownBytes },
  ];
}

/** What pipelines take, with the rows that go into them and come out. */
export function pipelineBuffers({
  pass,
  pipeline,
  pipelines,
}: Pick<Plan, 'pass' | 'pipeline' | 'pipelines'>): PlannedBuffer[] {
  return [
    { name: 'row strip', bytes: pipelines * pass.stripRows * pass.width * 3 },
    { name: 'marks of pixels', bytes: pipelines * marksBytes(pipeline.delayRows, pass) },
    { name: 'residual rows', bytes: pipelines * pipeline.residualBytes },
    { name: pipelines > 1 ? `${pipelines} pipelines` : 'pipeline', bytes: pipelines * pipeline.arenaBytes },
  ];
}

/** The plan with the least work, then the least memory, of those within their budget. */
function choose(plans: readonly Plan[]): Plan | undefined {
  return plans.filter((plan) => plan.bytes <= plan.budgetBytes).sort((a, b) => a.macs - b.macs || a.bytes - b.bytes)[0];
}

/** The error where none of some plans fits. */
export function refuse(
  { width, height }: AnyFrameSize,
  { budgetBytes, ensemble }: PlanContext,
  plans: readonly Plan[],
): BudgetError {
  const required = Math.min(...plans.map(({ bytes }) => bytes));
  const what = `A ${width}x${height} frame${ensemble > 1 ? ` with ensemble ${ensemble}` : ''}`;
  return new BudgetError(
    `${what} needs at least ${Math.ceil(required / 1e6)}MB with this model, the budget is ${formatBytes(budgetBytes)}`,
    required,
  );
}

/** A table of the plan for people. */
export function formatNetworkPlan(plan: Plan): string {
  const { frame, pass, layout } = plan;
  const panels =
    layout.panels.length > 1 ? `${layout.panels.length} panels of ${pass.width}` : `one panel of ${pass.width}`;
  const passes = plan.ensemble * plan.groups.length * computations(plan.integrity);
  const lines = [
    `frame      ${frame.width} x ${frame.height}, ${frame.channels} x ${frame.depth} bit`,
    `direction  ${plan.direction} (${pass.height} pass rows, ${panels} pixels), strips of ${pass.stripRows}`,
    `passes     ${passes}, ${pass.threads} threads, ${(plan.macs / 1e9).toFixed(1)} GMAC, ` +
      `delay ${plan.pipeline.delayRows} rows`,
    `3x3        ${plan.convolutions.map(describeConvolution).join(', ')}`,
    `integrity  ${describeIntegrity(plan.integrity, plan.coverage)}`,
    ...formatBuffers(plan),
  ];
  return lines.join('\n');
}
