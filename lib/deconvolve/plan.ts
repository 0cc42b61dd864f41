import { colourPlanes } from '../image/planes.js';
import { BudgetError } from '../runtime/errors.js';
import { frameBytes } from '../image/frame.js';
import type { AnyFrameSize } from '../image/frame.js';
import type { SolverPlan, SolverShape } from '../runtime/native/binding.js';
import { formatBytes } from '../runtime/budget.js';
import { autoPsfBuffers } from '../estimate/plan.js';
import { fileBuffers, gapBuffers, inputBuffers } from '../operation/input-buffers.js';
import type { PlannedInput } from '../operation/operation.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import { defined } from '../runtime/validate.js';
import { bytesOf, coverPhase, formatBuffers, processBuffers, sumBuffers } from '../runtime/memory-plan.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import { fillBytes } from '../image/missing/fill.js';
import { frameBuffers } from '../image/frame-memory.js';
import type { FramePlan } from '../image/frame-memory.js';
import { checkKnownDefects } from './defects/known.js';
import { METHODS } from './methods/index.js';
import type { DeconvolveSettings } from './settings.js';
import { listLayouts } from './cuts.js';
import { checkPsfFits } from './psf-source.js';
import type { TileLayout } from './tiles.js';

/** Default of what the process may take: enough for any method at 2048 x 1536. */
export const DEFAULT_DECONVOLUTION_BUDGET = '200MB';
/** Largest side of the window on which the number of iterations is found. */
const PROBE_SIDE = 512;

/** How the planes of a frame are solved. */
export interface SolvingPlan {
  readonly tiles: TileLayout;
  /** What solves each tile of each plane. */
  readonly shape: SolverShape;
  readonly solver: SolverPlan;
  /**
   * What finds the number of iterations, or the spectrum, on a part of the frame beforehand; null where that is not
   * needed.
   */
  readonly probe: SolverShape | null;
}

/** How one frame will be deconvolved, and in what memory. */
export interface DeconvolutionPlan extends FramePlan, SolvingPlan {
  /** How it is solved where samples turn out to be impossible, which takes more memory; null: no differently. */
  readonly withDefects: SolvingPlan | null;
  /** Whether there is memory for a solver of the frame before while defects are looked for. */
  readonly keepsSolver: boolean;
  readonly integrity: IntegrityMode;
  /** What was counted for decoder and encoder together, where it was known. */
  readonly codecBytes?: number;
}

/** What a plan depends on besides the frame. */
export interface DeconvolutionContext {
  readonly threads: 1 | 2 | 3;
  readonly budgetBytes: number;
  readonly planSolver: (shape: SolverShape) => SolverPlan;
  readonly defectScratchBytes: (width: number, height: number) => number;
}

/**
 * The cheapest plan for a frame in memory that fits the budget. Throws ArgumentError, or BudgetError with the budget
 * that suffices.
 */
export function planDeconvolution(
  input: PlannedInput,
  settings: DeconvolveSettings,
  context: DeconvolutionContext,
): DeconvolutionPlan {
  const frame = input.size;
  checkPsfFits(settings.psf, frame, colourPlanes(frame));
  checkKnownDefects(settings.knownDefects, frame);
  const { defects, knownDefects, saturation } = settings;
  const isMasked = input.isMasked || knownDefects !== null || saturation <= 1;
  if (defects === 'none') return choosePlan(input, isMasked, settings, context);
  // Whether samples are impossible is only known once they are there.
  const { tiles, shape, solver, probe, ...larger } = choosePlan(input, true, settings, context);
  const plan = choosePlan(input, isMasked, settings, context);
  const either = plan.bytes < larger.bytes ? { ...plan, buffers: larger.buffers, bytes: larger.bytes } : plan;
  const withDefects = isMasked ? null : { tiles, shape, solver, probe };
  return keepSolver({ ...either, withDefects }, searchBuffers(input, settings, context));
}

/** The cheapest plan that fits the budget, with solvers that leave samples out, or not. */
function choosePlan(
  input: PlannedInput,
  masked: boolean,
  settings: DeconvolveSettings,
  context: DeconvolutionContext,
): DeconvolutionPlan {
  const frame = input.size;
  const plans: DeconvolutionPlan[] = [];
  for (const tiles of listLayouts(frame, settings)) {
    const shape = shapeOf(frame, masked, settings, context.threads);
    const working = buildPlan(input, tiles, shape, settings, context);
    const searching = coverPhase(working, searchBuffers(input, settings, context));
    const reading = coverPhase(searching, inputBuffers([input]));
    const plan = settings.isPsfAuto ? coverPhase(reading, estimateBuffers(input, context.threads)) : reading;
    // The first is the whole frame, or as few tiles as the PSFs allow: nothing is cheaper.
    if (plans.length === 0 && plan.bytes <= plan.budgetBytes) return plan;
    plans.push(plan);
  }
  const cheapest = plans.filter((plan) => plan.bytes <= plan.budgetBytes).sort((a, b) => work(a) - work(b))[0];
  if (cheapest) return cheapest;
  const required = Math.min(...plans.map(({ bytes }) => bytes));
  throw new BudgetError(
    `A ${frame.width}x${frame.height} frame needs at least ${Math.ceil(required / 1e6)}MB with the ` +
      `method ${settings.method}, the budget is ${formatBytes(context.budgetBytes)}`,
    required,
  );
}

/** What looking for defects takes, before anything is solved. */
function searchBuffers(
  input: PlannedInput,
  settings: DeconvolveSettings,
  { defectScratchBytes }: DeconvolutionContext,
): PlannedBuffer[] {
  if (settings.defects === 'none') return [];
  const { size } = input;
  const bytes = defectScratchBytes(size.width, size.height);
  return [...frameAndGapBuffers(input), ...defectBuffers(size, true, settings), { name: 'search for defects', bytes }];
}

/** The plan with the solver of the frame before beside the search, where the budget has room for both. */
function keepSolver(plan: DeconvolutionPlan, search: readonly PlannedBuffer[]): DeconvolutionPlan {
  const bytes = Math.max(plan.solver.arenaBytes, plan.withDefects?.solver.arenaBytes ?? 0);
  const keeping = coverPhase(plan, [...search, { name: 'solver', bytes }]);
  return keeping.bytes <= plan.budgetBytes ? keeping : { ...plan, keepsSolver: false };
}

/** Pixels that are transformed per iteration and plane. */
export function work({ tiles, solver }: DeconvolutionPlan): number {
  return tiles.columns.starts.length * tiles.rows.starts.length * solver.paddedWidth * solver.paddedHeight;
}

/** The solver of a whole frame; tiles have other sides only. */
function shapeOf(
  frame: AnyFrameSize,
  masked: boolean,
  { psf, method, boundary, modes, acceleration, totalVariation, integrity }: DeconvolveSettings,
  threads: 1 | 2 | 3,
): SolverShape {
  const { isMultiplicative } = METHODS[method];
  return {
    method,
    boundary,
    modes,
    threads,
    width: frame.width,
    height: frame.height,
    radiusX: psf.radiusX,
    radiusY: psf.radiusY,
    symmetric: psf.symmetric,
    sampleBits: frame.depth,
    acceleration: isMultiplicative ? acceleration : 'none',
    totalVariation: isMultiplicative && totalVariation > 0,
    masked,
    guarded: integrity !== 'off',
  };
}

/** What finding the kernel takes. */
function estimateBuffers(input: PlannedInput, threads: number): PlannedBuffer[] {
  const { size } = input;
  return [...fileBuffers(input), { name: 'decoded frame', bytes: frameBytes(size) }, ...autoPsfBuffers(size, threads)];
}

function buildPlan(
  input: PlannedInput,
  tiles: TileLayout,
  whole: SolverShape,
  settings: DeconvolveSettings,
  context: DeconvolutionContext,
): DeconvolutionPlan {
  const frame = input.size;
  const shape = { ...whole, width: tiles.columns.side, height: tiles.rows.side };
  const isTiled = tiles.columns.starts.length * tiles.rows.starts.length > 1;
  const solver = context.planSolver(shape);
  const probe = probeShape(shape, isTiled || colourPlanes(frame) > 1, settings);
  const probeBytes = probe ? context.planSolver(probe).arenaBytes : 0;
  const buffers = [
    ...processBuffers(),
    ...frameAndGapBuffers(input),
    ...defectBuffers(frame, shape.masked, settings),
    { name: 'rows being blended', bytes: isTiled ? frame.width * shape.height * 4 : 0 },
    { name: 'solver', bytes: Math.max(solver.arenaBytes, probeBytes) },
  ];
  const { codecBytes } = input;
  return {
    frame,
    tiles,
    shape,
    solver,
    probe,
    withDefects: null,
    keepsSolver: true,
    integrity: settings.integrity,
    ...defined({ codecBytes }),
    ...sumBuffers(buffers, context.budgetBytes),
  };
}

/** The frame before and after, and what fills its gaps. */
function frameAndGapBuffers(input: PlannedInput): PlannedBuffer[] {
  return [...frameBuffers(input.size, bytesOf(fileBuffers(input)), input.codecBytes), ...gapBuffers(input)];
}

/** What leaving out defects takes: those that are known, and a byte per sample where any are looked for. */
function defectBuffers(
  frame: AnyFrameSize,
  masked: boolean,
  { defects, knownDefects }: DeconvolveSettings,
): PlannedBuffer[] {
  const pixels = frame.width * frame.height;
  const known = knownDefects ? knownDefects.data.length + pixels + fillBytes(frame) : 0;
  const found = masked && defects === 'find' ? colourPlanes(frame) * pixels : 0;
  return [{ name: 'defects', bytes: known + found }];
}

/**
 * What finds out beforehand what parts of a frame share; null: nothing must be found.
 * @param hasParts whether several planes or tiles must share what is found; a single one finds it as it is solved
 */
export function probeShape(shape: SolverShape, hasParts: boolean, settings: DeconvolveSettings): SolverShape | null {
  if (!METHODS[settings.method].needsProbe(settings, hasParts)) return null;
  if (shape.boundary === 'periodic') return shape;
  return { ...shape, width: Math.min(shape.width, PROBE_SIDE), height: Math.min(shape.height, PROBE_SIDE) };
}

/** A table of the plan for people. */
export function formatDeconvolutionPlan(plan: DeconvolutionPlan): string {
  const { frame, tiles, shape, solver } = plan;
  const [columns, rows] = [tiles.columns.starts.length, tiles.rows.starts.length];
  return [
    `frame      ${frame.width} x ${frame.height}, ${frame.channels} x ${frame.depth} bit`,
    `method     ${shape.method}, boundary ${shape.boundary}, ${shape.threads} threads`,
    `tiles      ${columns} x ${rows} of ${shape.width} x ${shape.height}, transforms of ${solver.paddedWidth} ` +
      `x ${solver.paddedHeight}`,
    `integrity  ${plan.integrity}`,
    ...formatBuffers(plan),
  ].join('\n');
}
