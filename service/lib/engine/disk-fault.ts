import { FullError, isDiskFault } from '../errors.js';
import type { Io } from '../io.js';
import { diskError } from '../store/durable.js';

/** With less than that, what has failed has failed for want of room: programs and libraries do not always say so. */
const LEAST_ROOM_BYTES = 4 * 2 ** 20;
/** These come of writing only, whoever wrote. */
const OF_WRITING = ['ENOSPC', 'EDQUOT', 'EROFS'];
const ERRNO = /^E[A-Z0-9]+$/;
const MOST_CAUSES = 8;

/**
 * An error of a camera or a level as what it is: where the disk is at fault, it is the disk's (`FULL`, `SYNC`,
 * `UNWRITABLE`), so that nobody is blamed for it.
 * @param folder where the bytes were to go
 */
export async function blame(io: Io, folder: string, error: unknown): Promise<unknown> {
  if (isDiskFault(error)) return error;
  let isOfWriting = false;
  for (const cause of causesOf(error)) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    isOfWriting ||= code === 'OUTPUT_UNWRITABLE';
    const isOfSystem = OF_WRITING.includes(code) || (isOfWriting && ERRNO.test(code));
    if (isOfSystem) return diskError(cause, `writing into ${folder}`);
  }
  const room = await io.room(folder).catch(() => null);
  if (room === null || room.freeBytes >= LEAST_ROOM_BYTES) return error;
  const message = `There are ${room.freeBytes} bytes left: it goes on when there is room`;
  return new FullError(`${message} (${(error as Error).message})`, { cause: error });
}

/** An error, its cause, the cause of that, and so on. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < MOST_CAUSES; cause = cause.cause) {
    causes.push(cause);
  }
  return causes;
}
