import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** As loading this package leaves it, both halves together, or soon after. V8 would go on to twice as much. */
const GROWN_BYTES = 16 * 2 ** 20;
/** It is small enough. */
const SMALL_BYTES = 4 * 2 ** 20;

let isFrozen = false;

/**
 * Keeps V8's space for young objects as large as it is, in all of the process. It doubles whenever enough objects have
 * survived, and shrinks in idle times only: no plan could tell when. In a small space objects grow old sooner, which
 * costs no time that could be measured.
 */
export function freezeYoungGeneration(): void {
  if (isFrozen) return;
  isFrozen = true;
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Freezes the space for young objects once it has grown to 16 MiB. */
export function boundYoungGeneration(): void {
  if (!isFrozen && youngBytes() >= GROWN_BYTES) freezeYoungGeneration();
}

/**
 * Shrinks the space for young objects to 1 MiB, where it is larger than 4 MiB, and freezes it. That collects all
 * garbage, which takes some 50 ms.
 */
export async function shrinkYoungGeneration(): Promise<void> {
  if (youngBytes() <= SMALL_BYTES) return;
  freezeYoungGeneration();
  await collectAsDebuggersDo();
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}

/** The collector that is at hand gives no memory of the space back in Node 20; this one does. */
async function collectAsDebuggersDo(): Promise<void> {
  const inspector = await import('node:inspector/promises').catch(() => null);
  // Node may be built without.
  if (!inspector) return;
  const session = new inspector.Session();
  session.connect();
  try {
    await session.post('HeapProfiler.collectGarbage');
  } finally {
    session.disconnect();
  }
}
