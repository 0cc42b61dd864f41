import { extname } from 'node:path';
import type { Command } from 'commander';
import { writeFrame } from '../image/encode.js';
import { formatOfExtension } from '../image/codec/sharp.js';
import type { AnyFrame } from '../image/frame.js';
import { drawKernel, drawWithTransfer, kernelFrame } from '../psf/draw.js';
import type { Psf } from '../psf/psf.js';
import { PSF_SYNTAX, parse, psfFileOf } from '../psf/spec.js';
import { addMachineOptions, addOutputOptions } from './options.js';
import type { MachineFlags } from './options.js';
import type { OutputFlags, Summary } from './printer.js';
import { runBatch } from './runner.js';
import { Spool } from './spool.js';
import { STREAM } from './standard-streams.js';
import { planOutput } from './targets.js';
import { DEFAULT_MEMORY } from '../runtime/runtime.js';

interface PsfFlags extends MachineFlags, OutputFlags {
  readonly output: string;
  readonly otf?: boolean;
}

export function addPsfCommand(program: Command): void {
  const command = program
    .command('psf')
    .description('draw a blur kernel as a 16-bit grey picture, its largest weight white')
    .argument('<spec>', PSF_SYNTAX)
    .requiredOption(
      '-o, --output <file>',
      'PNG, TIFF or FITS (the weights as floats) to write; - is standard output, PNG',
    )
    .option('--otf', 'magnify it, and draw the magnitude of its transfer function next to it')
    .action(run);
  addOutputOptions(addMachineOptions(command, DEFAULT_MEMORY));
}

async function run(spec: string, flags: PsfFlags): Promise<void> {
  const { output } = flags;
  await planOutput({ option: '--output', formats: ['png', 'tiff', 'fits'] }, output, { reads: [psfFileOf(spec)] });
  const job = { input: null };
  await runBatch({
    jobs: [job],
    flags,
    isDataPrinted: output === STREAM,
    async *run({ signal }) {
      yield { job, summary: await draw(spec, flags, signal) };
    },
  });
}

/** FITS holds the weights themselves. */
function drawingOf(kernel: Psf, output: string, otf = false): AnyFrame {
  if (otf) return drawWithTransfer(kernel);
  return formatOfExtension(extname(output)) === 'fits' ? kernelFrame(kernel) : drawKernel(kernel);
}

async function draw(spec: string, { output, otf }: PsfFlags, signal: AbortSignal): Promise<Summary> {
  const kernel = await parse(spec);
  await using spool = new Spool();
  const file = await spool.fileFor(output, '.png');
  await writeFrame(file, drawingOf(kernel, output, otf), {}, { signal });
  await spool.deliver();
  const { width, height, symmetric, data } = kernel;
  const peak = data.reduce((largest, weight) => Math.max(largest, weight), 0);
  const name = output === STREAM ? 'standard output' : output;
  const form = `${width}x${height}${symmetric ? ', symmetric' : ''}`;
  return {
    output,
    report: { psf: spec, width, height, symmetric, peak },
    text: `${name}: ${form}, largest weight ${peak.toPrecision(4)}`,
  };
}
