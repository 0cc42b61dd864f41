import { readdirSync } from 'node:fs';
import { SystemError } from '../runtime/errors.js';
import type { Binding } from '../runtime/native/binding.js';
import {
  defined,
  expected,
  requireArray,
  requireInteger,
  requireKnownKeys,
  requireOneOf,
} from '../runtime/validate.js';
import { callLinux } from './call.js';

/** Most processors that Linux's masks of a fixed size hold. */
const MAX_CPUS = 1024;

/** The kernel's numbers, in sched(7). */
const POLICIES = new Map([
  [0, 'other'],
  [1, 'fifo'],
  [2, 'round-robin'],
  [3, 'batch'],
  [5, 'idle'],
  [6, 'deadline'],
] as const);

/** The place of threads among all others. What is not given stays as it is. */
export interface SchedulingOptions {
  /** `batch`: as what computes long and need not answer soon. `idle`: only where nobody else wants to run. */
  readonly policy?: 'other' | 'batch' | 'idle';
  /** -20 to 19; the higher, the less it gets. Without a privilege it can only rise. */
  readonly nice?: number;
  /** Numbers of the processors to run on. */
  readonly cpus?: readonly number[];
  /**
   * `all` of this process's threads, or all but the main one, whose event loop then answers as before (`helpers`).
   * Threads that they start inherit it. Default `all`.
   */
  readonly threads?: 'all' | 'helpers';
}

/** How a thread is scheduled. */
export interface ThreadScheduling {
  readonly thread: number;
  readonly policy: string;
  readonly nice: number;
  readonly cpus: readonly number[];
}

function checkCpus(cpus: readonly number[]): Int32Array {
  requireArray('cpus', cpus);
  if (cpus.length === 0) throw expected('one processor or more', 'cpus', '[]');
  for (const [i, cpu] of cpus.entries()) requireInteger(`cpus[${i}]`, cpu, 0, MAX_CPUS - 1);
  return Int32Array.from(cpus);
}

/** The ids of this process's threads. */
const threadsOfProcess = (): number[] => readdirSync('/proc/self/task').map(Number);

/** Whether a thread has ended in the meantime. */
const hasEnded = (error: unknown): boolean => error instanceof SystemError && error.errno === 'ESRCH';

/**
 * Changes how threads of this process are scheduled: policy, nice value, processors.
 * @throws ArgumentError; SystemError, with `errno` EPERM where it needs CAP_SYS_NICE, EINVAL where none of the
 *   processors exists or may be used; NativeError
 */
export function setScheduling(options: SchedulingOptions): void {
  requireKnownKeys('options', options, ['policy', 'nice', 'cpus', 'threads']);
  const { policy, nice, cpus, threads = 'all' } = options;
  if (policy !== undefined) requireOneOf('policy', policy, ['other', 'batch', 'idle'] as const);
  if (nice !== undefined) requireInteger('nice', nice, -20, 19);
  requireOneOf('threads', threads, ['all', 'helpers'] as const);
  const change = defined({ policy, nice, cpus: cpus && checkCpus(cpus) });
  const chosen = threadsOfProcess().filter((thread) => threads === 'all' || thread !== process.pid);
  for (const thread of chosen) changeThread(thread, (binding) => binding.setScheduling(thread, change));
}

function changeThread(thread: number, work: (binding: Binding) => void): void {
  const advice = {
    EPERM: 'to rise in priority needs CAP_SYS_NICE or LimitNICE= of the unit file',
    EACCES: 'to rise in priority needs CAP_SYS_NICE or LimitNICE= of the unit file',
    EINVAL: 'this process may use none of these processors: see Cpus_allowed_list in /proc/self/status',
  };
  try {
    callLinux(`schedule thread ${thread}`, advice, work);
  } catch (error) {
    if (!hasEnded(error)) throw error;
  }
}

/** How each thread of this process is scheduled now. @throws SystemError, NativeError */
export function readScheduling(): ThreadScheduling[] {
  return threadsOfProcess().flatMap((thread) => {
    try {
      const { policy, nice, cpus } = callLinux(`read the scheduling of thread ${thread}`, {}, (binding) =>
        binding.scheduling(thread),
      );
      return [{ thread, policy: POLICIES.get(policy as 0) ?? `number ${policy}`, nice, cpus }];
    } catch (error) {
      if (hasEnded(error)) return [];
      throw error;
    }
  });
}
