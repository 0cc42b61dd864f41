import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { Pauses } from '../../runtime/pauses.js';
import { damaged, unsupported } from '../codec/inspection.js';
import { blockBytes, nameOf } from './layout.js';
import type { Layout } from './layout.js';
import { LzwDecoder } from './lzw.js';
import { describeCompression } from './names.js';
import { unpackBits } from './pack-bits.js';
import { COMPRESSION } from './tags.js';

/** Unpacks the bytes of a block. */
type Unpack = (packed: Buffer, signal: AbortSignal) => Promise<Uint8Array>;

const inflateAsync = promisify(inflate);
/** Codes of LZW between two looks at the time: about a millisecond. */
const CODES_AT_A_TIME = 2 ** 15;
/**
 * A block is unpacked in one go, on the thread of the event loop: about 0.2 s for as many bytes. Tiles of 512 x 512
 * pixels with 16 bands of floats have half of that.
 */
const MOST_ZSTD_BYTES = 2 ** 25;

/**
 * What unpacks the blocks of a layout: the result has at most the bytes of a whole block. Throws ImageProblem for a
 * compression that is not read.
 */
export function unpackerOf(layout: Layout): Unpack {
  const most = blockBytes(layout);
  switch (layout.compression) {
    case COMPRESSION.none:
      return async (packed) => packed;
    case COMPRESSION.lzw:
      return (packed, signal) => unpackLzw(packed, most, signal);
    case COMPRESSION.deflate:
    case COMPRESSION.oldDeflate:
      return (packed) => unpackDeflate(packed, most);
    case COMPRESSION.packBits:
      return async (packed) => unpackBits(packed, most);
    case COMPRESSION.zstd:
      return zstdUnpacker(layout);
    default:
      throw unsupported(describeCompression(layout.compression), 'write it with LZW, deflate or none');
  }
}

async function unpackLzw(packed: Buffer, most: number, signal: AbortSignal): Promise<Uint8Array> {
  const decoder = new LzwDecoder(packed, most);
  const pauses = new Pauses(signal);
  while (!decoder.isDone) {
    decoder.step(CODES_AT_A_TIME);
    if (pauses.isDue) await pauses.take();
  }
  return decoder.output;
}

/** On a thread of Node's pool, into one array that has room for a byte too many. */
async function unpackDeflate(packed: Buffer, most: number): Promise<Uint8Array> {
  try {
    return await inflateAsync(packed, { maxOutputLength: most, chunkSize: most + 64 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isTooLarge = code === 'ERR_BUFFER_TOO_LARGE';
    throw damaged(`its deflate data ${isTooLarge ? 'unpacks to more than a strip or tile' : `is broken (${message})`}`);
  }
}

function zstdUnpacker(layout: Layout): Unpack {
  const most = blockBytes(layout);
  const name = nameOf(layout);
  if (most > MOST_ZSTD_BYTES)
    throw unsupported(
      `its ${name}s in Zstandard have ${most} bytes each`,
      `write ${name}s of at most ${MOST_ZSTD_BYTES} bytes, or use Deflate`,
    );
  return async (packed) => {
    if (packed.length > MOST_ZSTD_BYTES) throw damaged('its Zstandard data is longer than a strip or tile');
    const { ZSTDDecoder } = await import('zstddec');
    const decoder = new ZSTDDecoder();
    await decoder.init();
    // With a size it writes no more than that; of what it cannot unpack it gives back nothing, or anything.
    const bytes = decoder.decode(packed, most);
    if (bytes.length === 0 || bytes.length > most) throw damaged('its Zstandard data is broken');
    return bytes;
  };
}
