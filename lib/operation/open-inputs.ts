import { openImage } from '../image/open-image.js';
import type { ImageSource, SourceFrame } from '../image/source.js';
import type { Scope } from '../runtime/scope.js';
import { defined } from '../runtime/validate.js';
import { readTwice } from './ends.js';
import type { EndsTally } from './ends.js';
import type { Operation } from './operation.js';
import type { OperationInput } from './options.js';

/** What decides how inputs are opened. */
export type Opening = Pick<Operation<never, unknown>, 'depths' | 'findsWhite'>;

/** Opens inputs one after the other. Rejects as `openImage`. */
export async function openAll(how: Opening, inputs: readonly OperationInput[], scope: Scope): Promise<ImageSource[]> {
  const sources: ImageSource[] = [];
  for (const input of inputs) sources.push(await openOne(how, input, scope));
  return sources;
}

/** Opens an input. Rejects as `openImage`. */
export async function openOne(
  { depths, findsWhite }: Opening,
  { image, reading, onRefused: _, ...options }: OperationInput,
  { signal, runtime: { budgetBytes } }: Scope,
): Promise<ImageSource> {
  return await openImage(image, { ...reading, ...options, signal, depths, budgetBytes, ...defined({ findsWhite }) });
}

/** How images are read twice. */
export interface ReadingTwice {
  readonly ends: EndsTally;
  readonly openAgain: (index: number) => Promise<ImageSource>;
}

/** One after the other: decoders of several images at once would take more memory than planned. */
export async function readAll(
  sources: readonly ImageSource[],
  twice: ReadingTwice | null,
  signal: AbortSignal,
): Promise<SourceFrame[]> {
  const frames: SourceFrame[] = [];
  for (const [index, source] of sources.entries()) {
    const openAgain = (): Promise<ImageSource> => twice!.openAgain(index);
    frames.push(await (twice ? readTwice(source, openAgain, twice.ends, signal) : source.read(signal)));
  }
  return frames;
}
