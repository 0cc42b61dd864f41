import { inflateSync } from 'node:zlib';
import { MAX_METADATA_BYTES, unsupported } from './inspection.js';

/**
 * Unpacks a block of metadata that is stored in zlib's format; null where it is none. Throws ImageProblem for a block
 * that unpacks to more than any profile or packet has: a few kilobytes may stand for gigabytes.
 */
export function inflateMetadata(packed: Uint8Array, name: string): Buffer | null {
  try {
    return inflateSync(packed, { maxOutputLength: MAX_METADATA_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') return null;
    const limit = `${MAX_METADATA_BYTES / 2 ** 20} MiB`;
    throw unsupported(`its ${name} unpacks to more than ${limit}`, 'write it again without that');
  }
}
