import { checkSamples } from '../image/frame.js';
import type { AnyFrame, AnyFrameSize } from '../image/frame.js';
import { ArgumentError } from '../runtime/errors.js';
import { expected } from '../runtime/validate.js';

/** Whole rows of interleaved samples, some of whose pixels may be missing. */
export interface MaskedRows {
  readonly data: AnyFrame['data'];
  /** One byte per pixel, 0 where it is missing: it comes back bit for bit. */
  readonly valid: Uint8Array;
}

/**
 * Whole rows of interleaved samples, any number at a time, top to bottom; with what is missing of them, where the size
 * of the stream says `masked`.
 */
export type RowSource = AsyncIterable<AnyFrame['data'] | MaskedRows> | Iterable<AnyFrame['data'] | MaskedRows>;

/** Rows as they are kept until the network takes them. */
export interface GivenRows {
  readonly data: AnyFrame['data'];
  readonly valid: Uint8Array | null;
}

/** The caller's arrays, checked, one after the other. */
export async function* givenRows(
  source: RowSource,
  frame: AnyFrameSize,
  masked: boolean,
): AsyncGenerator<GivenRows, void, void> {
  const rowSamples = frame.width * frame.channels;
  let rows = 0;
  for await (const given of source) {
    const { data, valid } = partsOf(given);
    checkSamples(data, frame.depth);
    if (data.length === 0 || data.length % rowSamples !== 0) {
      throw new ArgumentError(`Expected whole rows of ${rowSamples} samples but received ${data.length} samples`);
    }
    if (valid) checkValid(valid, data.length / frame.channels, masked);
    rows += data.length / rowSamples;
    if (rows > frame.height) throw new ArgumentError(`Expected ${frame.height} rows but received at least ${rows}`);
    yield { data, valid };
  }
  if (rows < frame.height) throw new ArgumentError(`Expected ${frame.height} rows but received ${rows}`);
}

const partsOf = (given: AnyFrame['data'] | MaskedRows): GivenRows =>
  ArrayBuffer.isView(given) || typeof given !== 'object' || given === null ? { data: given, valid: null } : given;

function checkValid(valid: Uint8Array, pixels: number, masked: boolean): void {
  if (!masked)
    throw new ArgumentError('Received rows with valid pixels; say masked: true in the size, so that memory is planned');
  if (!(valid instanceof Uint8Array) || valid.length !== pixels)
    throw expected(`Uint8Array of ${pixels} bytes, one per pixel of the rows,`, 'valid', valid?.length ?? valid);
}
