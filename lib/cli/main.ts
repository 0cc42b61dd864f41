#!/usr/bin/env node
import { CommanderError } from 'commander';
import { ArgumentError } from '../runtime/errors.js';
import { createProgram } from './program.js';

/** Exit codes: 0 done, 1 failed, 2 wrong usage. */
const FAILED = 1;
const WRONG_USAGE = 2;

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
