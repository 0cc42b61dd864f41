import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { Deconvolver } from '../deconvolve/deconvolver.js';
import { DEFAULT_DECONVOLUTION_BUDGET, formatDeconvolutionPlan } from '../deconvolve/plan.js';
import type { Channels, Depth } from '../image/frame.js';
import { formatPlan } from '../network/plan.js';
import { Restorer } from '../restore/restorer.js';
import { DEFAULT_BUDGET } from '../runtime/budget.js';
import type { MemoryPlan } from '../runtime/memory-plan.js';
import { addDeconvolutionOptions, toDeconvolveOptions } from './deconvolve.js';
import type { DeconvolutionFlags } from './deconvolve.js';
import { addMachineOptions, addOutputOptions, parseChoice } from './options.js';
import type { MachineFlags } from './options.js';
import type { OutputFlags } from './printer.js';
import { addNetworkOptions, toRestorerOptions } from './restore.js';
import type { NetworkFlags } from './restore.js';
import { runBatch } from './runner.js';
import type { Session } from './runner.js';

interface FrameFlags extends MachineFlags, OutputFlags {
  readonly channels: Channels;
  readonly depth: Depth;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The frame that is planned for. */
interface PlannedFrame extends Size {
  readonly channels: Channels;
  readonly depth: Depth;
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
}

const RESTORE: PlanCommand<NetworkFlags> = {
  name: 'restore',
  memory: DEFAULT_BUDGET,
  addOptions: addNetworkOptions,
  async plan(frame, flags, { runtime }) {
    await using restorer = await Restorer.open(toRestorerOptions(flags, runtime));
    const plan = restorer.plan(frame);
    return { plan, text: 'pass' in plan ? formatPlan(plan) : formatDeconvolutionPlan(plan) };
  },
};

const DECONVOLVE: PlanCommand<DeconvolutionFlags> = {
  name: 'deconvolve',
  memory: DEFAULT_DECONVOLUTION_BUDGET,
  addOptions: addDeconvolutionOptions,
  async plan(frame, flags, { runtime }) {
    await using deconvolver = await Deconvolver.open(toDeconvolveOptions(flags, runtime));
    const plan = deconvolver.plan(frame);
    return { plan, text: formatDeconvolutionPlan(plan) };
  },
};

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
      new Option('--channels <count>', '1 grey, 2 with alpha, 3 RGB, 4 with alpha')
        .argParser(parseChoice([1, 2, 3, 4]))
        .default(3),
    )
    .addOption(new Option('--depth <bits>', 'bits per sample, 8 or 16').argParser(parseChoice([8, 16])).default(8))
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
