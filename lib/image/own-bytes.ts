import { setImmediate } from 'node:timers/promises';
import { ArgumentError } from '../runtime/errors.js';

/** Bytes copied between two turns of the event loop: about a millisecond. */
const SLICE_BYTES = 4 * 2 ** 20;

/** The arrays in which callers give bytes and samples. */
export type OwnableArray = Uint8Array | Uint16Array | Float32Array;

/** What is asked of a copy. */
export interface OwnOptions<A extends OwnableArray> {
  readonly signal?: AbortSignal;
  /** Elements that the array had when it was checked; by default as many as it has now. */
  readonly length?: number;
  /** Told every slice of the copy, in order: for a digest. */
  readonly onSlice?: (slice: A) => void;
}

/**
 * A copy of a caller's array, which is then this package's own. A caller may transfer its buffer, shrink it or write to
 * it while an operation runs; native code must never read such memory. Copies in slices between turns of the event
 * loop. Rejects with ArgumentError where the buffer was detached or resized meanwhile, or with the signal's reason.
 * @param name of the argument, for messages
 */
export async function ownBytes<A extends OwnableArray>(
  source: A,
  name: string,
  { signal, length = source.length, onSlice = () => {} }: OwnOptions<A> = {},
): Promise<A> {
  signal?.throwIfAborted();
  const copy = new (plainView(source, name).constructor as new (length: number) => A)(length);
  await copyBytes(source, copy, name, signal, onSlice);
  return copy;
}

/**
 * Copies between a caller's array and one of this package's own, as {@link ownBytes} does. Rejects with ArgumentError
 * where one of them has, or gets, another length than the other.
 * @param name of the caller's one, for messages
 */
export async function copyBytes<A extends OwnableArray>(
  source: A,
  target: A,
  name: string,
  signal?: AbortSignal,
  onSlice: (slice: A) => void = () => {},
): Promise<void> {
  const [from, to] = [plainView(source, name), plainView(target, name)];
  const { length } = to;
  const step = SLICE_BYTES / to.BYTES_PER_ELEMENT;
  for (let start = 0; start < length; start += step) {
    if (start > 0) await setImmediate();
    signal?.throwIfAborted();
    // A view of fixed length has none when its memory is gone, or too short for it.
    if (from.length !== length || to.length !== length) throw memoryChanged(name);
    const end = Math.min(length, start + step);
    to.set(from.subarray(start, end), start);
    onSlice(to.subarray(start, end) as A);
  }
}

/** A view of fixed length on the same memory, without what a subclass may have redefined. */
function plainView<A extends OwnableArray>(source: A, name: string): A {
  const type = [Uint8Array, Uint16Array, Float32Array].find((one) => source instanceof one)!;
  try {
    return new type(source.buffer as ArrayBuffer, source.byteOffset, source.length) as A;
  } catch {
    throw memoryChanged(name);
  }
}

function memoryChanged(name: string): ArgumentError {
  return new ArgumentError(
    `The memory of ${name} was transferred or resized before it was copied; keep it until the call has settled`,
  );
}
