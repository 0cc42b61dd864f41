import { setMaxListeners } from 'node:events';
import { parseBudget } from './budget.js';
import { MAX_THREADS, defaultThreads } from './cpus.js';
import { Crew } from './crew.js';
import type { NativeWork } from './crew.js';
import { ArgumentError, StateError } from './errors.js';
import type { Binding } from './native/binding.js';
import { chooseIsa } from './native/isa.js';
import { loadBinding } from './native/loader.js';
import { ThreadGate } from './thread-gate.js';
import { expected, requireInteger, requireKnownKeys, requireObject, requireString } from './validate.js';

/** What a runtime may take when nobody says: 1 GB. */
export const DEFAULT_MEMORY = '1GB';

/** What operations may use of the machine. */
export interface MachineOptions {
  /** What the whole process may take, such as '300MB' (1 MB = 1e6 bytes), or a number of bytes. */
  readonly memory?: string | number;
  /** Threads that compute at a time, 1 to 3; by default as many as this process has processors for. */
  readonly threads?: number;
  /** Name of an instruction set; by default `PERIFOCAL_ISA`, or the best that the CPU has. No result depends on it. */
  readonly isa?: string;
  /** Path of the native addon, instead of the packaged one. */
  readonly nativeBinding?: string;
}

/** What an operation runs on: a runtime that was opened, or the machine options of one of its own. */
export interface RuntimeChoice extends MachineOptions {
  /** Shared with other operations, whose threads and memory are then bounded together. Not with the other options. */
  readonly runtime?: Runtime;
}

const MACHINE_OPTIONS = ['memory', 'threads', 'isa', 'nativeBinding'] as const satisfies (keyof MachineOptions)[];

/** The keys of {@link RuntimeChoice}. */
export const RUNTIME_OPTIONS: readonly (keyof RuntimeChoice)[] = [...MACHINE_OPTIONS, 'runtime'];

/** The threads of all operations that were given no runtime count together. */
const sharedGate = new ThreadGate();
const sharedCrews = new Map<string, Crew>();

/**
 * What operations run on: a budget of memory, a number of threads, an instruction set. All operations on one runtime
 * share its threads: never do more than `threads` compute, whatever runs at the same time. (The event loop itself is
 * not counted.) The memory of all operations of the process is counted together.
 */
export class Runtime implements Disposable {
  readonly isa: string;
  /** What the whole process may take, in bytes. */
  readonly budgetBytes: number;
  readonly #crew: Crew;
  readonly #closing = new AbortController();

  private constructor(crew: Crew, isa: string, budgetBytes: number) {
    this.#crew = crew;
    this.isa = isa;
    this.budgetBytes = budgetBytes;
    // Every operation under way listens.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * Checks the options once, for all operations that will run on it. Rejects with ArgumentError, IsaError or
   * NativeError.
   */
  static async open(options: MachineOptions = {}): Promise<Runtime> {
    requireKnownKeys('options', options, MACHINE_OPTIONS);
    return Runtime.#create(options, DEFAULT_MEMORY, (binding, threads) => new Crew(binding, threads));
  }

  /**
   * The runtime that an operation's options name, or one for its machine options. Throws ArgumentError, IsaError or
   * NativeError. @param defaultMemory budget of an operation that names neither @internal
   */
  static of(options: RuntimeChoice, defaultMemory: string = DEFAULT_MEMORY): Runtime {
    requireObject('options', options);
    const { runtime } = options;
    if (runtime === undefined) return Runtime.#create(options, defaultMemory, shareCrew(options.nativeBinding));
    if (!(runtime instanceof Runtime)) throw expected('Runtime', 'runtime', runtime);
    const others = MACHINE_OPTIONS.filter((key) => options[key] !== undefined);
    if (others.length > 0) {
      throw new ArgumentError(`Give either runtime or ${others.join(', ')}: a runtime has its own`);
    }
    runtime.#crew.requireOpen();
    return runtime;
  }

  static #create(
    { memory, threads, isa, nativeBinding }: MachineOptions,
    defaultMemory: string,
    crewOf: (binding: Binding, threads: 1 | 2 | 3) => Crew,
  ): Runtime {
    if (isa !== undefined) requireString('isa', isa);
    if (nativeBinding !== undefined) requireString('nativeBinding', nativeBinding);
    const budgetBytes = parseBudget(memory ?? defaultMemory);
    const count = requireInteger('threads', threads ?? defaultThreads(), 1, MAX_THREADS) as 1 | 2 | 3;
    const binding = loadBinding(nativeBinding);
    return new Runtime(crewOf(binding, count), chooseIsa(binding, isa), budgetBytes);
  }

  /** Threads that compute at a time, at most. */
  get threads(): 1 | 2 | 3 {
    return this.#crew.threads;
  }

  /** The native addon. @internal */
  get binding(): Binding {
    return this.#crew.binding;
  }

  /** Threads that compute now. */
  get busyThreads(): number {
    return this.#crew.busy;
  }

  /** The most threads that have computed at once. */
  get mostBusyThreads(): number {
    return this.#crew.mostBusy;
  }

  /** Aborts when the runtime is disposed. @internal */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Makes one native call off the event loop: see {@link Crew.call}. @internal */
  call<T>(signal: AbortSignal, work: NativeWork<T>, most: number = this.threads): Promise<T> {
    return this.#crew.call(signal, work, most);
  }

  /**
   * Ends the operations under way on the runtime with StateError, then its threads. New operations on it are refused.
   * Idempotent.
   */
  dispose(): void {
    this.#closing.abort(new StateError('The runtime was disposed while an operation was under way'));
    this.#crew.dispose();
  }

  /** The same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Gives the crew that operations without a runtime share. */
function shareCrew(nativeBinding: string | undefined): (binding: Binding, threads: 1 | 2 | 3) => Crew {
  return (binding, threads) => {
    const key = `${threads} ${nativeBinding ?? ''}`;
    const crew = sharedCrews.get(key) ?? new Crew(binding, threads, sharedGate);
    sharedCrews.set(key, crew);
    return crew;
  };
}
