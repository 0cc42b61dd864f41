import type { Command } from 'commander';
import { drawKernel, drawWithTransfer } from '../psf/draw.js';
import { PSF_SYNTAX, parse } from '../psf/spec.js';
import { writeFrame } from '../image/encode.js';

interface PsfFlags {
  readonly output: string;
  readonly otf?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function addPsfCommand(program: Command): void {
  program
    .command('psf')
    .description('draw a blur kernel as a 16-bit grey picture, its largest weight white')
    .argument('<spec>', PSF_SYNTAX)
    .requiredOption('-o, --output <file>', 'PNG or TIFF to write')
    .option('--otf', 'magnify it, and draw the magnitude of its transfer function next to it')
    .option('--json', 'print JSON')
    .option('--quiet', 'no summary')
    .action(draw);
}

async function draw(spec: string, { output, otf, json, quiet }: PsfFlags): Promise<void> {
  const kernel = await parse(spec);
  await writeFrame(output, otf ? drawWithTransfer(kernel) : drawKernel(kernel), {});
  const { width, height, symmetric, data } = kernel;
  const peak = data.reduce((largest, weight) => Math.max(largest, weight), 0);
  if (json) process.stdout.write(`${JSON.stringify({ output, psf: spec, width, height, symmetric, peak })}\n`);
  else if (!quiet)
    process.stdout.write(
      `${output}: ${width}x${height}${symmetric ? ', symmetric' : ''}, largest weight ${peak.toPrecision(4)}\n`,
    );
}
