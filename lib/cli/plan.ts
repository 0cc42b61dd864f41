import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { Deconvolver } from '../deconvolve/deconvolver.js';
import { DEFAULT_DECONVOLUTION_BUDGET } from '../deconvolve/plan.js';
import { estimateOperation } from '../estimate/operation.js';
import { checkEstimateOptions } from '../estimate/settings.js';
import { MAX_CHANNELS, checkFrameSize, frameBytes } from '../image/frame.js';
import type { Depth } from '../image/frame.js';
import { chooseMetrics, measuring } from '../metrics/measure.js';
import { metricsOperation } from '../metrics/metric.js';
import type { FrameRestorer } from '../restoration/frame-restorer.js';
import type { FrameReport } from '../restoration/restoration.js';
import { formatPlan } from '../restore/format-plan.js';
import type { Operation, PlannedInput } from '../operation/operation.js';
import { parse } from '../psf/spec.js';
import { reportOperation } from '../report/operation.js';
import { Restorer } from '../restore/restorer.js';
import { DEFAULT_BUDGET, formatBytes } from '../runtime/budget.js';
import { BudgetError } from '../runtime/errors.js';
import { formatBuffers } from '../runtime/memory-plan.js';
import type { MemoryPlan } from '../runtime/memory-plan.js';
import { DEFAULT_MEMORY } from '../runtime/runtime.js';
import { defined } from '../runtime/validate.js';
import { planStars } from '../stars/restore-stars.js';
import { addDeconvolutionOptions, toDeconvolveOptions } from './deconvolve.js';
import type { DeconvolutionFlags } from './deconvolve.js';
import { addEstimationOptions, toEstimateOptions } from './estimate.js';
import type { EstimationFlags } from './estimate.js';
import { addMeasuringOptions } from './metrics.js';
import type { MeasuringFlags } from './metrics.js';
import { addMachineOptions, addOutputOptions, parseChoice } from './options.js';
import type { MachineFlags } from './options.js';
import type { OutputFlags } from './printer.js';
import { addComparingOptions } from './report.js';
import type { ComparingFlags } from './report.js';
import { addNetworkOptions, toRestorerOptions } from './restore.js';
import type { NetworkFlags } from './restore.js';
import { addStarOptions, checkStarFlags, toStarOptions } from './star-options.js';
import type { StarMeasuringFlags } from './star-options.js';
import { runBatch } from './runner.js';
import type { Session } from './runner.js';

interface FrameFlags extends MachineFlags, OutputFlags {
  readonly channels: number;
  readonly depth: Depth | 32;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The frame that is planned for. */
interface PlannedFrame extends Size {
  readonly channels: number;
  readonly depth: Depth | 32;
}

interface Planned {
  readonly plan: MemoryPlan;
  readonly text: string;
}

/** How one operation is planned. */
interface PlanCommand<Flags> {
  readonly name: string;
  /** Default of `--memory`: that of the operation. */
  readonly memory: string;
  readonly addOptions: (command: Command) => Command;
  readonly plan: (frame: PlannedFrame, flags: Flags & FrameFlags, session: Session) => Promise<Planned>;
}

export function addPlanCommand(program: Command): void {
  const command = program
    .command('plan')
    .description('show in what memory an operation would work on a frame, and how; restore unless one is named')
    .usage('[operation] <width>x<height> [options]');
  addPlan(command, RESTORE, true);
  addPlan(command, DECONVOLVE);
  addPlan(command, ESTIMATE);
  addPlan(command, STARS);
  addPlan(command, METRICS);
  addPlan(command, REPORT);
}

const RESTORE: PlanCommand<NetworkFlags> = {
  name: 'restore',
  memory: DEFAULT_BUDGET,
  addOptions: addNetworkOptions,
  plan: async (frame, flags, { runtime }) => planOpened(await Restorer.open(toRestorerOptions(flags, runtime)), frame),
};

const DECONVOLVE: PlanCommand<DeconvolutionFlags> = {
  name: 'deconvolve',
  memory: DEFAULT_DECONVOLUTION_BUDGET,
  addOptions: addDeconvolutionOptions,
  plan: async (frame, flags, { runtime }) =>
    planOpened(await Deconvolver.open(toDeconvolveOptions(flags, runtime)), frame),
};

const ESTIMATE: PlanCommand<EstimationFlags> = {
  name: 'estimate',
  memory: DEFAULT_MEMORY,
  addOptions: addEstimationOptions,
  async plan(frame, flags, { runtime }) {
    const settings = checkEstimateOptions(toEstimateOptions(flags));
    return planOf(estimateOperation(settings, runtime), frame, settings.hasReference ? 2 : 1);
  },
};

const STARS: PlanCommand<StarMeasuringFlags> = {
  name: 'stars',
  memory: DEFAULT_MEMORY,
  addOptions: addStarOptions,
  async plan(frame, flags, { runtime }) {
    const { integrity } = flags;
    checkStarFlags(flags);
    return describe(frame, planStars(frame, { ...toStarOptions(flags), ...defined({ integrity }), runtime }));
  },
};

const METRICS: PlanCommand<MeasuringFlags> = {
  name: 'metrics',
  memory: DEFAULT_MEMORY,
  addOptions: addMeasuringOptions,
  async plan(frame, { metrics, reference }, { runtime }) {
    const choice = chooseMetrics(metrics, reference !== undefined);
    return planOf(metricsOperation(measuring(choice), runtime), frame, reference === undefined ? 1 : 2);
  },
};

const REPORT: PlanCommand<ComparingFlags> = {
  name: 'report',
  memory: DEFAULT_MEMORY,
  addOptions: addComparingOptions,
  async plan(frame, { reference, psf }, { runtime }) {
    const kernel = psf === undefined ? null : await parse(psf);
    return planOf(reportOperation(kernel, runtime), frame, reference === undefined ? 2 : 3);
  },
};

/** The plan of a restorer that was opened for nothing else. */
async function planOpened(opened: FrameRestorer<FrameReport>, frame: PlannedFrame): Promise<Planned> {
  await using restorer = opened;
  const plan = restorer.planFile(frame);
  return { plan, text: formatPlan(plan) };
}

function planOf(operation: Operation<MemoryPlan, unknown>, frame: PlannedFrame, inputs: number): Planned {
  checkFrameSize(frame, operation.depths);
  const input: PlannedInput = { size: frame, buffers: [{ name: 'file', bytes: frameBytes(frame) }], isMasked: false };
  return describe(frame, operation.plan(Array.from({ length: inputs }, () => input)));
}

/** Throws BudgetError. */
function describe(frame: PlannedFrame, plan: MemoryPlan): Planned {
  const { bytes, budgetBytes } = plan;
  const { width, height, channels, depth } = frame;
  if (bytes > budgetBytes) {
    const needed = `A ${width}x${height} frame needs at least ${Math.ceil(bytes / 1e6)}MB`;
    throw new BudgetError(`${needed}; the budget is ${formatBytes(budgetBytes)}`, bytes);
  }
  const line = `${'frame'.padEnd(28)} ${width} x ${height}, ${channels} x ${depth} bit`;
  return { plan, text: [line, ...formatBuffers(plan)].join('\n') };
}

function addPlan<Flags>(
  program: Command,
  { name, memory, addOptions, plan }: PlanCommand<Flags>,
  isDefault = false,
): void {
  const command = program
    .command(name, { isDefault })
    .description(`show in what memory ${name} would work on a frame`)
    .argument('<width>x<height>', 'frame size in pixels', parseSize)
    .addOption(
      new Option('--channels <count>', '1 to 16: 1 grey, 2 with alpha, 3 RGB, 4 with alpha, more are bands')
        .argParser(parseChoice(Array.from({ length: MAX_CHANNELS }, (_, index) => index + 1)))
        .default(3),
    )
    .addOption(
      new Option('--depth <bits>', 'bits per sample: integers of 8 or 16, floats of 32')
        .argParser(parseChoice([8, 16, 32]))
        .default(8),
    )
    .action((size: Size, flags: Flags & FrameFlags) => show(size, flags, plan));
  addOptions(command);
  addOutputOptions(addMachineOptions(command, memory));
}

function parseSize(text: string): Size {
  const match = /^(\d{1,6})x(\d{1,6})$/.exec(text);
  if (!match) throw new InvalidArgumentError('Expected <width>x<height>, such as 2048x1536.');
  return { width: Number(match[1]), height: Number(match[2]) };
}

async function show<Flags>(size: Size, flags: Flags & FrameFlags, makePlan: PlanCommand<Flags>['plan']): Promise<void> {
  const { channels, depth } = flags;
  const job = { input: null };
  await runBatch({
    jobs: [job],
    flags,
    async *run(session) {
      const { plan, text } = await makePlan({ ...size, channels, depth }, flags, session);
      yield { job, summary: { report: plan, text } };
    },
  });
}
