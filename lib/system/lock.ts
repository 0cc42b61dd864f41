import { requireInteger } from '../runtime/validate.js';
import { callLinux } from './call.js';

/**
 * Takes the exclusive lock of an open file (flock) without waiting. The lock ends when the file is closed, in whatever
 * way the process ends; other open files of the same name do not end it.
 * @param descriptor of the open file, such as `fd` of Node's `FileHandle`
 * @returns false where somebody else, this process included, holds the lock through another open file
 * @throws ArgumentError; SystemError, such as with `errno` EBADF or ENOLCK; NativeError
 */
export function lockFile(descriptor: number): boolean {
  requireInteger('descriptor', descriptor, 0, 2 ** 31 - 1);
  const advice = {
    EBADF: 'the file is not open',
    ENOLCK: 'the kernel has no memory for locks',
    ENOTSUP: 'this file system has no locks: put the file on another one',
  };
  return callLinux(`lock file descriptor ${descriptor}`, advice, (binding) => binding.lockFile(descriptor));
}
