#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { ArgumentError } from '../runtime/errors.js';
import { VERSION } from '../runtime/version.js';
import { addDeconvolveCommand } from './deconvolve.js';
import { addEstimateCommand } from './estimate.js';
import { addInfoCommand } from './info.js';
import { addMetricsCommand } from './metrics.js';
import { addPlanCommand } from './plan.js';
import { addPsfCommand } from './psf.js';
import { addReportCommand } from './report.js';
import { addRestoreCommand } from './restore.js';
import { addStarsCommand } from './stars.js';

/** Exit codes: 0 done, 1 failed, 2 wrong usage. */
const FAILED = 1;
const WRONG_USAGE = 2;

function createProgram(): Command {
  const program = new Command('perifocal')
    .description('Restores spacecraft images in a fixed amount of memory')
    .version(VERSION)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  addRestoreCommand(program);
  addDeconvolveCommand(program);
  addEstimateCommand(program);
  addMetricsCommand(program);
  addStarsCommand(program);
  addPlanCommand(program);
  addPsfCommand(program);
  addReportCommand(program);
  addInfoCommand(program);
  return program;
}

/** Reports what commander has not reported itself, and says how the process should end. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
  process.stderr.write(`perifocal: ${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof ArgumentError ? WRONG_USAGE : FAILED;
}

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
