import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { ESTIMATE_KINDS } from '../estimate/blur.js';
import type { EstimateKind } from '../estimate/blur.js';
import { estimate } from '../estimate/estimate.js';
import type { Estimate } from '../estimate/estimate.js';
import { describeEstimate, writeEstimate } from '../estimate/output.js';
import { KERNEL_SYMMETRIES } from '../estimate/reference/measured-kernel.js';
import type { KernelSymmetry } from '../estimate/reference/measured-kernel.js';
import { checkEstimateOptions } from '../estimate/settings.js';
import type { EstimateOptions } from '../estimate/settings.js';
import { writeCamera } from '../restore/camera.js';
import { EstimateError } from '../runtime/errors.js';
import { DEFAULT_MEMORY } from '../runtime/runtime.js';
import { defined } from '../runtime/validate.js';
import { addWorkOptions, parseNumber, requireOneInput, toMegabytes } from './options.js';
import { addReadingOptions, toReadingOptions } from './reading.js';
import type { ReadingFlags } from './reading.js';
import type { WorkFlags } from './options.js';
import type { Summary } from './printer.js';
import { inTurn, runBatch } from './runner.js';
import type { Session } from './runner.js';
import { checkTargets, planTargets, stemOf } from './targets.js';
import type { TargetJob, TargetRule } from './targets.js';

/** Options that decide what is estimated; the same for `estimate` and `plan`. */
export interface EstimationFlags {
  readonly kind?: EstimateKind;
  readonly reference?: string;
  readonly referenceScale?: number;
  readonly symmetry?: KernelSymmetry;
  readonly grid?: readonly [number, number];
}

interface EstimateFlags extends EstimationFlags, ReadingFlags, WorkFlags {
  readonly output?: string;
  readonly cameraOut?: string;
}

export function addEstimateCommand(program: Command): void {
  const command = program
    .command('estimate')
    .description('estimate the blur kernel and the noise of pictures from an unknown camera')
    .argument('<input...>', 'picture files; - is standard input')
    .option('-o, --output <path>', 'kernel to write as PNG, with .npy and .json beside it; for several inputs a folder')
    .option(
      '--camera-out <file>',
      'kernel and noise as the file of a camera, which restore takes; for several a folder',
    )
    .action(run);
  addEstimationOptions(command);
  addReadingOptions(command);
  addWorkOptions(command, DEFAULT_MEMORY);
}

export function addEstimationOptions(command: Command): Command {
  const kind = 'what is looked for: straight motion or else defocus, one of them, or a kernel of any form';
  return command
    .addOption(new Option('--kind <kind>', `${kind} (default: auto)`).choices(ESTIMATE_KINDS))
    .option('--reference <file>', 'sharp picture of the same ground: the kernel is measured against it')
    .option(
      '--reference-scale <number>',
      'pixels of the reference per pixel of the input (default: as if both showed the same ground)',
      parseNumber,
    )
    .addOption(
      new Option(
        '--symmetry <kind>',
        'with a reference: what the kernel equals itself under (default: point, a turn by 180 degrees)',
      ).choices(KERNEL_SYMMETRIES),
    )
    .option(
      '--grid <columns>x<rows>',
      'with a reference: kernels over the frame, such as 3x3; the .npy then holds all of them',
      parseGrid,
    );
}

function parseGrid(text: string): readonly [number, number] {
  const match = /^(\d)x(\d)$/.exec(text);
  if (!match) throw new InvalidArgumentError('Expected columns x rows, such as 3x3.');
  return [Number(match[1]), Number(match[2])];
}

/** Beside a kernel go its weights and its parameters. */
function outputRule({ output }: EstimateFlags): TargetRule {
  return {
    option: '--output',
    value: output,
    nameOf: (input) => `${stemOf(input)}.kernel.png`,
    formats: ['png'],
    alongside: (path) => ['.npy', '.json'].map((extension) => `${path.slice(0, -'.png'.length)}${extension}`),
  };
}

function cameraRule({ cameraOut }: EstimateFlags): TargetRule {
  return { option: '--camera-out', value: cameraOut, nameOf: (input) => `${stemOf(input)}.camera.json` };
}

async function run(inputs: string[], flags: EstimateFlags): Promise<void> {
  requireOneInput(inputs, flags);
  checkEstimateOptions(toEstimateOptions(flags));
  const rules = { output: outputRule(flags), camera: cameraRule(flags) };
  const { jobs, makeFolders } = await planTargets(inputs, rules, { reads: [flags.reference, flags.mask] });
  await runBatch({
    jobs,
    flags,
    async *run(session) {
      await makeFolders();
      yield* inTurn(jobs, session.signal, (job) => estimateOne(job, flags, session));
    },
  });
}

async function estimateOne(
  { input, targets: { output, camera } }: TargetJob<'output' | 'camera'>,
  flags: EstimateFlags,
  session: Session,
): Promise<Summary> {
  const { open, runtime, signal, onProgress } = session;
  await checkTargets([output, camera].filter((path) => path !== undefined));
  const options = { ...toEstimateOptions(flags), signal };
  const reference = options.reference === undefined ? {} : { reference: await open(options.reference) };
  const found = await estimate(await open(input), {
    ...options,
    ...reference,
    ...defined({ expectSha256: flags.expectSha256 }),
    ...(await toReadingOptions(flags, session)),
    runtime,
    onProgress,
  });
  const { declined } = found.blur;
  if (declined === null && output !== undefined) await writeEstimate(output, input, found, options);
  if (declined === null && camera !== undefined) await writeCamera(camera, found, signal);
  const report = { ...describeEstimate(input, found, options), ...found.report };
  const files = [output, camera].filter((path) => path !== undefined);
  const written = files.length === 0 ? '' : `, written to ${files.join(' and ')}`;
  return {
    output,
    report,
    text: declined === null ? `${input}: ${describe(found)}${written}` : '',
    declined: declined === null ? null : new EstimateError(`no estimate of the blur: ${declined}`),
  };
}

/** The library's options from the command line's. */
export function toEstimateOptions(flags: EstimationFlags): EstimateOptions & { readonly reference?: string } {
  const { kind, reference, referenceScale, symmetry, grid } = flags;
  return defined({ kind, reference, referenceScale, symmetry, grid });
}

function describe({ blur, noise, report: { seconds, peakRssBytes } }: Estimate): string {
  const { level, value } = blur.confidence!;
  const words = blur.psf ?? `a kernel of ${blur.kernel!.width}x${blur.kernel!.height} that is no disk`;
  const time = `${seconds.toFixed(2)} s, peak ${toMegabytes(peakRssBytes)} MB`;
  return `${words}${describeField(blur)}, confidence ${level} (${value.toFixed(2)})${describeNoise(noise)}; ${time}`;
}

function describeField(blur: Estimate['blur']): string {
  if (blur.kind !== 'reference' || !blur.field) return '';
  return `, field ${blur.field.radiiPx.map((radius) => radius?.toFixed(2) ?? '-').join(' ')}`;
}

function describeNoise(noise: Estimate['noise']): string {
  if (!noise) return '';
  const electrons = noise.electronsAtFullScale ? `, ${noise.electronsAtFullScale.toPrecision(3)} electrons` : '';
  return `; read noise ${noise.readNoise.toFixed(4)}${electrons}${noise.caveat ? ` (${noise.caveat})` : ''}`;
}
