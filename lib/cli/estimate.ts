import { mkdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { ESTIMATE_KINDS } from '../estimate/blur.js';
import type { EstimateKind } from '../estimate/blur.js';
import { estimate } from '../estimate/estimate.js';
import type { Estimate } from '../estimate/estimate.js';
import type { EstimateOptions } from '../estimate/settings.js';
import { checkKernelOutput, describeEstimate, writeEstimate } from '../estimate/output.js';
import { KERNEL_SYMMETRIES } from '../estimate/reference/kernel.js';
import type { KernelSymmetry } from '../estimate/reference/kernel.js';
import { toMegabytes, untilInterrupted } from './jobs.js';
import { addThreadFlags, parseNumber } from './options.js';

interface EstimateFlags {
  readonly kind?: EstimateKind;
  readonly output?: string;
  readonly reference?: string;
  readonly referenceScale?: number;
  readonly symmetry?: KernelSymmetry;
  readonly grid?: readonly [number, number];
  readonly threads?: 1 | 2 | 3;
  readonly isa?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function addEstimateCommand(program: Command): void {
  const command = program
    .command('estimate')
    .description('estimate the blur kernel and the noise of pictures from an unknown camera')
    .argument('<image...>', 'picture files')
    .option(
      '-o, --output <path>',
      'kernel to write as PNG, with .npy and .json beside it; for several images a folder',
    );
  command
    .addOption(
      new Option(
        '--kind <kind>',
        'what is looked for: straight motion or else defocus, one of them, or a kernel of any form (default: auto)',
      ).choices(ESTIMATE_KINDS),
    )
    .option('--reference <image>', 'sharp picture of the same ground: the kernel is measured against it')
    .addOption(
      new Option(
        '--reference-scale <number>',
        'pixels of the reference per pixel of the image (default: as if both showed the same ground)',
      ).argParser(parseNumber),
    )
    .addOption(
      new Option(
        '--symmetry <kind>',
        'with a reference: what the kernel equals itself under (default: point, a turn by 180 degrees)',
      ).choices(KERNEL_SYMMETRIES),
    )
    .addOption(
      new Option(
        '--grid <columns>x<rows>',
        'with a reference: kernels over the frame, such as 3x3; the .npy then holds all of them',
      ).argParser(parseGrid),
    );
  addThreadFlags(command)
    .option('--json', 'print one JSON object per image on standard output, each on a line of its own')
    .option('--quiet', 'no summary')
    .action(run);
}

function parseGrid(text: string): readonly [number, number] {
  const match = /^(\d)x(\d)$/.exec(text);
  if (!match) throw new InvalidArgumentError('Expected columns x rows, such as 3x3.');
  return [Number(match[1]), Number(match[2])];
}

async function run(images: string[], flags: EstimateFlags): Promise<void> {
  const { output, kind, reference, referenceScale, symmetry, grid, threads, isa } = flags;
  const isFolder = output !== undefined && (images.length > 1 || /[/\\]$/.test(output));
  if (isFolder) await mkdir(output, { recursive: true });
  else if (output !== undefined) await checkKernelOutput(output);
  await untilInterrupted(async (signal) => {
    const options = {
      signal,
      ...(threads !== undefined && { threads }),
      ...(isa !== undefined && { isa }),
      ...(kind !== undefined && { kind }),
      ...(reference !== undefined && { reference }),
      ...(referenceScale !== undefined && { referenceScale }),
      ...(symmetry !== undefined && { symmetry }),
      ...(grid !== undefined && { grid }),
    };
    for (const image of images) {
      const target = isFolder ? join(output, `${basename(image, extname(image))}.kernel.png`) : output;
      await estimateOne(image, target, flags, options);
    }
  });
}

/** A failure or a decline is reported and does not keep the others from being estimated, an interrupt does. */
async function estimateOne(
  image: string,
  output: string | undefined,
  { json, quiet }: EstimateFlags,
  options: EstimateOptions & { readonly signal: AbortSignal },
): Promise<void> {
  try {
    const found = await estimate(image, options);
    const { declined } = found.blur;
    if (declined === null && output !== undefined) await writeEstimate(output, image, found, options);
    if (json) process.stdout.write(`${JSON.stringify(describeEstimate(image, found, options))}\n`);
    else if (!quiet && declined === null)
      process.stdout.write(`${image}: ${summarise(found)}${output === undefined ? '' : `, written to ${output}`}\n`);
    if (declined === null) return;
    process.stderr.write(`perifocal: ${image}: no estimate of the blur: ${declined}\n`);
  } catch (error) {
    if (options.signal.aborted) throw error;
    process.stderr.write(`perifocal: ${image}: ${(error as Error).message}\n`);
  }
  process.exitCode = 1;
}

function summarise({ blur, noise, report: { seconds, peakRssBytes } }: Estimate): string {
  const { level, value } = blur.confidence!;
  const electrons = noise?.electrons ? `, ${noise.electrons.toPrecision(3)} electrons` : '';
  const known = noise
    ? `; read noise ${noise.readNoise.toFixed(4)}${electrons}${noise.caveat ? ` (${noise.caveat})` : ''}`
    : '';
  const words = blur.psf ?? `a kernel of ${blur.kernel!.width}x${blur.kernel!.height} that is no disk`;
  const field =
    blur.kind === 'reference' && blur.field
      ? `, field ${blur.field.radii.map((radius) => radius?.toFixed(2) ?? '-').join(' ')}`
      : '';
  return `${words}${field}, confidence ${level} (${value.toFixed(2)})${known}; ${seconds.toFixed(2)} s, peak ${toMegabytes(peakRssBytes)} MB`;
}
