import { Command } from 'commander';
import { ArgumentError } from '../runtime/errors.js';
import { VERSION } from '../runtime/version.js';
import { addCatalogueCommand } from './catalogue.js';
import { addDeconvolveCommand } from './deconvolve.js';
import { addEstimateCommand } from './estimate.js';
import { addInfoCommand } from './info.js';
import { addMetricsCommand } from './metrics.js';
import { addPlanCommand } from './plan.js';
import { addPsfCommand } from './psf.js';
import { addReportCommand } from './report.js';
import { addRestoreCommand } from './restore.js';
import { addStarsCommand } from './stars.js';

/** The command line with all its commands: what is run, and what docs/cli.md is written from. */
export function createProgram(): Command {
  const program = new Command('perifocal')
    .description('Restores spacecraft images in a fixed amount of memory')
    .version(VERSION)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (message, write) => write(message.replace(/^error: /, 'perifocal: ')) })
    .hook('preAction', (_, command) => requireValues(command))
    .exitOverride();
  addRestoreCommand(program);
  addDeconvolveCommand(program);
  addEstimateCommand(program);
  addMetricsCommand(program);
  addStarsCommand(program);
  addCatalogueCommand(program);
  addPlanCommand(program);
  addPsfCommand(program);
  addReportCommand(program);
  addInfoCommand(program);
  return program;
}

/** An option whose value was forgotten takes the next option for it. Throws ArgumentError. */
function requireValues(command: Command): void {
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    if (typeof value === 'string' && value.startsWith('--'))
      throw new ArgumentError(`${option.flags}: its value is missing before ${value}; name such a file ./${value}`);
  }
}
