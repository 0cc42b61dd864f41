import { availableParallelism } from 'node:os';
import { parseBudget } from './budget.js';
import { requireInteger, requireString } from './validate.js';

/** Threads beyond three gain too little on board to be offered. */
const MAX_THREADS = 3;

/** Options of every restorer. */
export interface EngineOptions {
  /** What the whole process may take, such as '300MB' (1 MB = 1e6 bytes), or a number of bytes. */
  readonly memory?: string | number;
  /** 1 to 3; by default as many as the machine offers. */
  readonly threads?: number;
  /** Name of an instruction set; by default `PERIFOCAL_ISA`, or the best that the CPU has. */
  readonly isa?: string;
  /** Path of the native addon, instead of the packaged one. */
  readonly nativeBinding?: string;
}

export const ENGINE_OPTIONS: readonly (keyof EngineOptions)[] = ['memory', 'threads', 'isa', 'nativeBinding'];

/** Throws ArgumentError. */
export function checkEngineOptions(
  options: EngineOptions,
  defaultBudget: string,
): { readonly budgetBytes: number; readonly threads: 1 | 2 | 3 } {
  if (options.isa !== undefined) requireString('isa', options.isa);
  if (options.nativeBinding !== undefined) requireString('nativeBinding', options.nativeBinding);
  return {
    budgetBytes: parseBudget(options.memory ?? defaultBudget),
    threads: requireInteger(
      'threads',
      options.threads ?? Math.min(MAX_THREADS, availableParallelism()),
      1,
      MAX_THREADS,
    ) as 1 | 2 | 3,
  };
}
