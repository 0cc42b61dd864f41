import type { AnyFrame } from '../../image/frame.js';
import { typeScale, fullScale } from '../../image/samples.js';
import type { Pauses } from '../../runtime/pauses.js';

/** Mark samples that are left out as they are clipped; AT_LEAST in areas wider than a point of light. */
const [CLIPPED, AT_LEAST] = [2, 3];

export const isClipped = (state: number): boolean => state === CLIPPED || state === AT_LEAST;

/** Whether a sample counts, by its byte. */
export const isCounted = (state: number): boolean => state !== 0 && !isClipped(state);

/** Makes clipped samples of a restored plane no less than they were if bright, and no more if dark. */
export async function keepClipped(
  { data, channels, depth, white }: AnyFrame,
  restored: AnyFrame['data'],
  plane: number,
  valid: Uint8Array,
  pauses: Pauses,
): Promise<void> {
  const middle = Math.min(fullScale({ depth, ...(white !== undefined && { white }) }), typeScale({ depth })) / 2;
  for (let pixel = 0, index = plane; pixel < valid.length; pixel += 1, index += channels) {
    if (pixel % 65_536 === 0 && pauses.isDue) await pauses.take();
    if (!isClipped(valid[pixel]!)) continue;
    const [was, is] = [data[index]!, restored[index]!];
    restored[index] = was > middle ? Math.max(was, is) : Math.min(was, is);
  }
}
