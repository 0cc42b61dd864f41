import { FullError, ServiceError, isDiskFault } from '../errors.js';
import type { Io } from '../io.js';
import { diskError } from '../store/durable.js';
import type { Store } from '../store/store.js';

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

/**
 * An error of a full disk as the fault of what did not fit, where the disk without it has all the room that retention
 * keeps free: waiting helps nobody then. Other errors come back as they are.
 * @param what did not fit, and is gone again
 */
export async function blameSize(
  { io, store }: { readonly io: Io; readonly store: Store },
  what: 'frame' | 'product',
  error: unknown,
): Promise<unknown> {
  // Quotas end when somebody frees what is theirs: one of the store has no cause, and how much one of the disk leaves
  // is not known.
  const { code } = (error instanceof FullError ? (error.cause ?? {}) : {}) as NodeJS.ErrnoException;
  if (code !== 'ENOSPC') return error;
  const { minFreeBytes, freeBytes } = await roomOf(io, store);
  if (freeBytes < Math.max(minFreeBytes, LEAST_ROOM_BYTES)) return error;
  const advice = 'give the store a larger disk, or ask for less';
  const message = `The ${what} does not fit on the disk, which has ${freeBytes} bytes free without it: ${advice}`;
  return new ServiceError(what === 'frame' ? 'CAMERA' : 'INVALID', message, { cause: error });
}

async function roomOf(io: Io, store: Store): Promise<{ minFreeBytes: number; freeBytes: number }> {
  const { minFreeBytes } = store.usage();
  const room = await io.room(store.inboxPath('')).catch(() => null);
  return { minFreeBytes, freeBytes: room?.freeBytes ?? 0 };
}

/** An error, its cause, the cause of that, and so on. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < MOST_CAUSES; cause = cause.cause) {
    causes.push(cause);
  }
  return causes;
}
