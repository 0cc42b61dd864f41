import { damaged } from '../codec/inspection.js';

/** Unpacks PackBits (TIFF 6.0, section 9) to at most `most` bytes. Throws ImageProblem for more, or too few. */
export function unpackBits(packed: Uint8Array, most: number): Uint8Array {
  const output = new Uint8Array(most);
  let written = 0;
  for (let at = 0; at < packed.length && written < most; ) {
    const head = packed[at]!;
    at += 1;
    if (head === 128) continue;
    const count = head < 128 ? head + 1 : 257 - head;
    if (written + count > most) throw damaged('its PackBits data unpacks to more than a strip or tile');
    const taken = head < 128 ? count : 1;
    if (at + taken > packed.length) throw damaged('its PackBits data ends early');
    if (head < 128) output.set(packed.subarray(at, at + count), written);
    else output.fill(packed[at]!, written, written + count);
    at += taken;
    written += count;
  }
  return output.subarray(0, written);
}
