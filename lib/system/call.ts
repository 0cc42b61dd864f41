import { SystemError } from '../runtime/errors.js';
import type { Binding } from '../runtime/native/binding.js';
import { loadBinding, translateNativeError } from '../runtime/native/loader.js';

/** What to do about an errno, by its name. */
export type Advice = Readonly<Record<string, string>>;

/** The addon. Throws SystemError where this is not Linux. */
export function linuxBinding(what: string): Binding {
  if (process.platform === 'linux') return loadBinding();
  throw new SystemError('ENOSYS', what, `${what} needs Linux, but this is ${process.platform}`);
}

/**
 * The error of a call as one for people: what was done, with the errno's name, and what to do.
 * @param what that was to be done, such as "take the lock of file descriptor 9"
 */
export function explain(error: unknown, what: string, advice: Advice): unknown {
  const translated = translateNativeError(error);
  if (!(translated instanceof SystemError)) return translated;
  const { errno, call } = translated;
  const help = advice[errno];
  const message = `Cannot ${what}: ${call} failed with ${errno}${help === undefined ? '' : `; ${help}`}`;
  return new SystemError(errno, call, message, { cause: error });
}

/** Makes one call of the addon. Throws SystemError or NativeError. */
export function callLinux<T>(what: string, advice: Advice, work: (binding: Binding) => T): T {
  const binding = linuxBinding(what);
  try {
    return work(binding);
  } catch (error) {
    throw explain(error, what, advice);
  }
}
