import type { Io, IoFile } from '../io.js';

/** How long syncs took, in classes as OpenMetrics has them. */
export interface Durations {
  /** Upper bounds of the classes in seconds, ascending; above the last there is one more class. */
  readonly bounds: readonly number[];
  /** How many fell into each class; one more than there are bounds. */
  readonly counts: readonly number[];
  /** Sum of all in seconds. */
  readonly sum: number;
}

const BOUNDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

/** An `Io` whose syncs are timed: a disk that fails becomes slow first. */
export function meterSyncs(io: Io): { readonly io: Io; readonly times: () => Durations } {
  const counts: number[] = new Array(BOUNDS.length + 1).fill(0);
  let sum = 0;
  const timed = async (work: Promise<void>): Promise<void> => {
    const begun = io.monotonic();
    await work;
    note((io.monotonic() - begun) / 1000);
  };
  const note = (seconds: number): void => {
    const place = BOUNDS.findIndex((bound) => seconds <= bound);
    counts[place < 0 ? BOUNDS.length : place]! += 1;
    sum += seconds;
  };
  const meter = (file: IoFile): IoFile => ({
    write: (bytes) => file.write(bytes),
    read: (into, position) => file.read(into, position),
    size: () => file.size(),
    copyTo: (path) => file.copyTo(path),
    sync: () => timed(file.sync()),
    protect: () => file.protect(),
    close: () => file.close(),
  });
  const metered: Io = {
    ...io,
    create: async (path) => meter(await io.create(path)),
    open: async (path) => meter(await io.open(path)),
    syncFolder: (path) => timed(io.syncFolder(path)),
    run: (work, input) => io.run(work, input, note),
  };
  return { io: metered, times: () => ({ bounds: BOUNDS, counts: [...counts], sum }) };
}
