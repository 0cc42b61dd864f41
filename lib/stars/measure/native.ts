import type { FftOptions } from '../../fft/fft.js';
import type { Binding } from '../../runtime/native/binding.js';
import { chooseIsa } from '../../runtime/native/isa.js';
import { loadBinding, translateNativeError } from '../../runtime/native/loader.js';

/** What native work of this folder runs on: 1 thread by default, the best instruction set. */
export interface NativeOptions extends Pick<FftOptions, 'threads' | 'isa'> {
  readonly signal?: AbortSignal;
}

/** Calls the addon off the event loop; rejects with its errors as those of this package, or with the reason of `signal`. */
export async function callNative<Result>(
  options: NativeOptions,
  call: (binding: Binding, threads: 1 | 2 | 3, isa: string) => Promise<Result>,
): Promise<Result> {
  const { threads = 1, isa, signal } = options;
  signal?.throwIfAborted();
  const binding = loadBinding();
  try {
    return await call(binding, threads, chooseIsa(binding, isa));
  } catch (error) {
    throw translateNativeError(error);
  }
}
