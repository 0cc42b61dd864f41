import { openImage } from '../image/source.js';
import { toMask } from '../image/missing/masks.js';
import { Pauses } from '../runtime/pauses.js';
import type { Session } from './runner.js';

/** Reads a picture that is not 0 where pixels are defective. Rejects with ImageError. */
export async function readKnownDefects(
  path: string,
  { open, runtime, signal }: Pick<Session, 'open' | 'runtime' | 'signal'>,
): Promise<Uint8Array> {
  const { budgetBytes } = runtime;
  const source = await openImage(await open(path), { signal, budgetBytes, name: 'known-defects', nodata: 'none' });
  const { frame } = await source.read(signal);
  return toMask(frame, new Pauses(signal));
}
