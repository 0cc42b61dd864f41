import type { CaptureState } from '../../capture/capture.js';
import type { HttpContext } from '../context.js';
import type { Tally } from '../tally.js';
import type { Housekeeping } from './record.js';

/** What a housekeeping record says at this moment. `count`: how many were made before. */
export function takeHousekeeping(context: HttpContext, tally: Tally, count: number): Housekeeping {
  const { store, io } = context;
  const { uptimeSeconds, thermal, memoryErrors, integrity, ...vitals } = context.vitals();
  const health = context.health();
  const usage = store.usage();
  const time = io.now();
  const waiting = countStates(context);
  return {
    time,
    uptimeSeconds,
    count,
    lastSeq: store.lastSeq,
    flags: {
      live: health.live,
      ready: health.ready,
      degraded: health.degraded.length > 0,
      writable: store.health().writable,
      hot: thermal !== 'normal',
      critical: thermal === 'critical',
    },
    requested: waiting('requested'),
    acquiring: waiting('acquiring'),
    acquired: waiting('acquired'),
    restoring: waiting('restoring'),
    stored: tally.ended('stored'),
    rejected: tally.ended('rejected'),
    failed: tally.ended('failed'),
    expired: tally.ended('expired'),
    cancelled: tally.ended('cancelled'),
    network: tally.produced('network'),
    networkSmall: tally.produced('network-small'),
    deconvolved: tally.produced('deconvolve'),
    passedThrough: tally.produced('pass-through'),
    late: tally.late,
    usedBytes: Object.values(usage.bytesByClass).reduce((sum, bytes) => sum + bytes, 0),
    quotaBytes: usage.quotaBytes,
    freeBytes: usage.freeBytes,
    residentBytes: vitals.residentBytes,
    cpuSeconds: vitals.cpuSeconds,
    throttledSeconds: vitals.throttledSeconds,
    temperatureCelsius: vitals.temperatureCelsius,
    memoryCorrected: memoryErrors?.corrected ?? null,
    memoryUncorrected: memoryErrors?.uncorrected ?? null,
    integrityFound: integrity.found,
    integrityHealed: integrity.healed,
    integrityLost: integrity.lost,
    restarts: vitals.restarts,
    loopLagSeconds: vitals.loopLagSeconds,
  };
}

/** How many captures are in a state that is not final. */
export function countStates({ store }: Pick<HttpContext, 'store'>): (state: CaptureState) => number {
  return (state) => store.queue.count(state);
}
