/**
 * The native addon as TypeScript sees it, one file a room. Arguments are checked by the callers in `lib/`; the native
 * side only fails for what it alone can know (model contents, memory, CPU, buffers that were transferred) and then
 * throws or rejects with an `Error` whose `code` is one of {@link NativeErrorCode}.
 */

import { DEFECT_FUNCTIONS } from './defects.js';
import type { DefectBinding } from './defects.js';
import { DIAGNOSTICS_FUNCTIONS } from './diagnostics.js';
import type { DiagnosticsBinding } from './diagnostics.js';
import { ESTIMATION_FUNCTIONS } from './estimation.js';
import type { EstimationBinding } from './estimation.js';
import { FFT_FUNCTIONS } from './fft.js';
import type { FftBinding } from './fft.js';
import { METRIC_FUNCTIONS } from './metrics.js';
import type { MetricBinding } from './metrics.js';
import { NETWORK_FUNCTIONS } from './network.js';
import type { NetworkBinding } from './network.js';
import { RUNTIME_FUNCTIONS } from './runtime.js';
import type { RuntimeBinding } from './runtime.js';
import { SOLVER_FUNCTIONS } from './solver.js';
import type { SolverBinding } from './solver.js';
import { STAR_INDEX_FUNCTIONS } from './star-index.js';
import type { StarIndexBinding } from './star-index.js';
import { STAR_FUNCTIONS } from './stars.js';
import type { StarBinding } from './stars.js';
import { SYSTEM_FUNCTIONS } from './system.js';
import type { SystemBinding } from './system.js';

export type * from './defects.js';
export type * from './diagnostics.js';
export type * from './estimation.js';
export type * from './fft.js';
export type * from './metrics.js';
export type * from './network.js';
export type * from './runtime.js';
export type * from './solver.js';
export type * from './star-index.js';
export type * from './stars.js';
export type * from './system.js';

/**
 * ARGUMENT: a ticket is missing, or an array is shorter than what it is for, such as one whose buffer was transferred.
 * ABORTED: the ticket of the call was cancelled. STATE: the object is disposed or busy. INTEGRITY: a result fails its
 * checks although it was computed twice. SYSTEM: a system call has failed; the message is its name, `errno` the number
 * of the reason. INTERNAL: TypeScript and C++ do not agree.
 */
export type NativeErrorCode =
  | 'ARGUMENT'
  | 'MODEL_INVALID'
  | 'ISA_UNAVAILABLE'
  | 'OUT_OF_MEMORY'
  | 'ABORTED'
  | 'STATE'
  | 'INTEGRITY'
  | 'SYSTEM'
  | 'INTERNAL';

export interface Binding
  extends RuntimeBinding,
    NetworkBinding,
    SolverBinding,
    DefectBinding,
    FftBinding,
    EstimationBinding,
    MetricBinding,
    StarBinding,
    StarIndexBinding,
    SystemBinding,
    DiagnosticsBinding {}

/** All that the addon exports: a test compares this list with the addon and with {@link Binding}. */
export const BINDING_FUNCTIONS = [
  ...RUNTIME_FUNCTIONS,
  ...NETWORK_FUNCTIONS,
  ...SOLVER_FUNCTIONS,
  ...DEFECT_FUNCTIONS,
  ...FFT_FUNCTIONS,
  ...ESTIMATION_FUNCTIONS,
  ...METRIC_FUNCTIONS,
  ...STAR_FUNCTIONS,
  ...STAR_INDEX_FUNCTIONS,
  ...SYSTEM_FUNCTIONS,
  ...DIAGNOSTICS_FUNCTIONS,
] as const;
