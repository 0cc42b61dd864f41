import { Readable } from 'node:stream';
import type { IoFile } from '../../io.js';
import type { ByteRange } from './range.js';

/** Bytes that are read at once, and held for each client. */
const CHUNK_BYTES = 128 * 1024;

/** A part of an open file as a stream, read only as fast as it is taken. The file is closed when it ends. */
export function streamFile(file: IoFile, range: ByteRange): Readable {
  let position = range.first;
  return new Readable({
    highWaterMark: CHUNK_BYTES,
    async read() {
      try {
        const wanted = Math.min(CHUNK_BYTES, range.last + 1 - position);
        if (wanted === 0) return void this.push(null);
        const chunk = new Uint8Array(wanted);
        const bytes = await file.read(chunk, position);
        if (bytes === 0) throw new Error(`A file ended at byte ${position}, before ${range.last}: it is damaged`);
        position += bytes;
        this.push(chunk.subarray(0, bytes));
      } catch (error) {
        this.destroy(error as Error);
      }
    },
    destroy(error, callback) {
      file.close().then(
        () => callback(error),
        (closing: Error) => callback(error ?? closing),
      );
    },
  });
}
