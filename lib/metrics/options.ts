import { availableParallelism } from 'node:os';
import type { Binding, MetricMachine } from '../runtime/native/binding.js';
import { chooseIsa } from '../runtime/native/isa.js';
import { loadBinding } from '../runtime/native/loader.js';
import { requireInteger, requireKnownKeys, requireSignal, requireString } from '../runtime/validate.js';

/** Options of every metric. No result depends on threads or instruction set. */
export interface MetricOptions {
  /** 1 to 3; by default as many as the machine offers. */
  readonly threads?: number;
  /** Name of an instruction set; by default `PERIFOCAL_ISA`, or the best that the CPU has. */
  readonly isa?: string;
  /** Path of the native addon, instead of the packaged one. */
  readonly nativeBinding?: string;
  readonly signal?: AbortSignal;
}

/** What metrics are computed by. */
export interface MetricContext {
  readonly binding: Binding;
  readonly machine: MetricMachine;
  readonly signal: AbortSignal;
}

/** @param known further options that the caller takes. Throws ArgumentError, IsaError or NativeError, or the signal's reason. */
export function openContext(options: MetricOptions, known: readonly string[] = []): MetricContext {
  requireKnownKeys('options', options, ['threads', 'isa', 'nativeBinding', 'signal', ...known]);
  if (options.isa !== undefined) requireString('isa', options.isa);
  if (options.nativeBinding !== undefined) requireString('nativeBinding', options.nativeBinding);
  const threads = requireInteger('threads', options.threads ?? Math.min(3, availableParallelism()), 1, 3) as 1 | 2 | 3;
  if (options.signal !== undefined) requireSignal(options.signal);
  const signal = options.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const binding = loadBinding(options.nativeBinding);
  return { binding, machine: { isa: chooseIsa(binding, options.isa), threads }, signal };
}
