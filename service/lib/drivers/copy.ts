import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import { onDisk } from '../store/durable.js';
import type { Sink } from './driver.js';

/**
 * Writes bytes as they come. Rejects with `CAMERA` beyond the limit of the sink, with the signal's reason, as their
 * source does, or with `FULL`, `SYNC` or `UNWRITABLE` where the disk does not take them.
 */
export async function writeChunks(
  io: Io,
  chunks: AsyncIterable<Uint8Array>,
  { path, mostBytes }: Sink,
  signal: AbortSignal,
): Promise<number> {
  const doing = `writing ${path}`;
  const file = await onDisk(doing, () => io.create(path));
  let written = 0;
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      written += chunk.length;
      if (written > mostBytes) throw tooLong(written, mostBytes);
      await onDisk(doing, () => file.write(chunk));
    }
  } finally {
    await file.close();
  }
  return written;
}

/** Of a frame that is larger than the camera may deliver. */
export const tooLong = (bytes: number, mostBytes: number): ServiceError =>
  new ServiceError('CAMERA', `The frame has ${bytes} bytes or more, and ${mostBytes} may come: raise mostBytes`);

/**
 * Copies a file into a sink: a second name for it would change with it. Rejects as {@link writeChunks} does; where the
 * source or the disk fails, with an error of the system.
 */
export async function copyFile(io: Io, from: string, { path, mostBytes }: Sink, signal: AbortSignal): Promise<void> {
  const file = await io.open(from);
  try {
    const bytes = await file.size();
    if (bytes > mostBytes) throw tooLong(bytes, mostBytes);
    signal.throwIfAborted();
    await file.copyTo(path);
    signal.throwIfAborted();
  } finally {
    await file.close();
  }
}
