import { serialize } from 'node:v8';
import type { ImageSource, SourceFrame } from '../image/source.js';
import { frameBytes } from '../image/frame.js';
import { MOST_ATTEMPTS, untilTwoAgree } from '../runtime/agree.js';
import type { Attempt } from '../runtime/agree.js';
import { digestOf } from '../runtime/digest.js';
import { ImageError } from '../runtime/errors.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import { Pauses } from '../runtime/pauses.js';
import { fileBuffers } from './input-buffers.js';
import type { PlannedInput } from './operation.js';
import type { EndsReport } from './report.js';

/** Counts what an {@link EndsReport} says. */
export type EndsTally = { -readonly [Key in keyof EndsReport]: EndsReport[Key] };

/**
 * Reads until two readings agree. Rejects with IntegrityError where no two of three do.
 * @param read resolves to what was read, and a digest of it
 */
export async function untilTwoReadAlike<T>(
  read: (index: number) => Promise<Attempt<T>>,
  label: string,
  tally: EndsTally,
): Promise<T> {
  return await untilTwoAgree(
    read,
    () => tally.differentReadings++,
    `${MOST_ATTEMPTS} readings of ${label} brought as many pictures: check the memory, the disk and whoever writes it`,
  );
}

/** A digest of rows as they were read, and of which of their pixels are there. */
export async function digestOfRows({ frame, valid, mask }: SourceFrame, signal: AbortSignal): Promise<string> {
  const planes = [valid, mask].filter((plane) => plane !== null);
  return await digestOf([frame.data, ...planes], new Pauses(signal));
}

/**
 * The pixels of a file, decoded twice, from its bytes on: it is opened anew. A reading that fails is one of them; two
 * that fail alike are its error.
 * @param first which is open already
 */
export async function readTwice(
  first: ImageSource,
  openAgain: () => Promise<ImageSource>,
  tally: EndsTally,
  signal: AbortSignal,
): Promise<SourceFrame> {
  // Pixels in memory are what they are.
  if (first.sizeBytes === null) return await first.read(signal);
  const readOnce = async (index: number): Promise<Attempt<SourceFrame>> => {
    const source = index === 0 ? first : await openAgain();
    const value = await source.read(signal);
    const facts = [serialize([source.header, source.metadata]), Buffer.from(source.sha256 ?? '')];
    const digests = [await digestOfRows(value, signal), await digestOf(facts, new Pauses(signal))];
    return { value, digest: digests.join() };
  };
  const read = async (index: number): Promise<Attempt<SourceFrame | ImageError>> => {
    try {
      return await readOnce(index);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      return { value: error, digest: `${error.code} ${error.message}` };
    }
  };
  const value = await untilTwoReadAlike(read, first.label, tally);
  if (value instanceof ImageError) throw value;
  return value;
}

/** What a second reading takes beside the first: of the largest of the inputs, which are read one after the other. */
export function secondReading(inputs: readonly PlannedInput[]): PlannedBuffer {
  const bytes = inputs.map((input) => {
    const held = fileBuffers(input).reduce((sum, buffer) => sum + buffer.bytes, 0);
    return held + frameBytes(input.size) + (input.isMasked ? input.size.width * input.size.height : 0);
  });
  return { name: 'second reading', bytes: Math.max(...bytes) };
}
