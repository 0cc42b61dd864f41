import { frameBytes } from '../../image/frame.js';
import { MOST_LIGHT, MOST_WHITES } from '../../image/missing/valid.js';
import type { ImageSource } from '../../image/source.js';
import { WhiteMeter } from '../../image/white.js';
import { garbage } from '../../runtime/garbage.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';

/**
 * The scene with its value of white: where the samples tell it, all rows are read for it, so that it is the one that
 * the whole frame would have.
 * @param rows that are read at a time
 */
export async function knowWhite(source: ImageSource, rows: number, scope: Scope): Promise<ImageSource> {
  const { header } = source;
  if (source.white) return source;
  const { signal } = scope;
  const meter = new WhiteMeter(header);
  const pauses = new Pauses(signal);
  // Until white is known, only floats beyond all light are missing.
  const open = source.withWhite({ white: MOST_LIGHT / MOST_WHITES, whiteFrom: 'type' });
  for (let top = 0; top < header.height; top += rows) {
    const count = Math.min(rows, header.height - top);
    const { frame, valid } = await open.readRows({ top, count }, signal);
    await meter.add(frame, valid, top, pauses);
    garbage.add(frameBytes(frame));
    garbage.settle(() => scope.binding.trimHeap());
    scope.progress({ unit: 'rows', phase: 'white', done: top + count, total: header.height });
  }
  return source.withWhite(meter.find());
}
