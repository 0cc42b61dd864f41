import { cpus } from 'node:os';
import { ArgumentError } from '../runtime/errors.js';
import { readBoundedFile } from '../files/read-file.js';
import { writeAtomically } from '../files/write-file.js';
import { VERSION } from '../runtime/version.js';
import type { ConvShape } from '../runtime/native/binding.js';

/** Many more entries than machines and models that share a file. */
const MAX_ENTRIES = 1000;
const MAX_BYTES = 1e6;

/** What such a file holds: by machine and network, the shapes that Winograd sums faster. */
interface CacheFile {
  readonly perifocalConvolutions: Readonly<Record<string, readonly ConvShape[]>>;
}

/** A file that remembers which algorithm was faster, for processes that start often or must always choose alike. */
export class ConvCache {
  readonly #path: string;
  #warning: string | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Why the file could not be used; null where it could. */
  get warning(): string | null {
    return this.#warning;
  }

  /**
   * What was measured before for `key` on this kind of processor by this version, or else what `measure` finds, which
   * is then written to the file. A file that cannot be used, or is something else, is left alone: see `warning`.
   */
  async find(
    key: string,
    known: readonly ConvShape[],
    measure: () => Promise<readonly ConvShape[]>,
  ): Promise<readonly ConvShape[]> {
    const name = JSON.stringify([VERSION, cpus()[0]?.model ?? process.arch, key]);
    const entry = (await this.#try(() => this.#read()))?.[name];
    if (entry)
      return known.filter((shape) =>
        entry.some(({ inputs, outputs }) => inputs === shape.inputs && outputs === shape.outputs),
      );
    const found = await measure();
    if (this.#warning === null) await this.#try(() => this.#write(name, found));
    return found;
  }

  async #try<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.#warning = (error as Error).message;
      return null;
    }
  }

  async #write(name: string, found: readonly ConvShape[]): Promise<void> {
    // Read again: another process may have written meanwhile.
    const entries = Object.entries({
      ...(await this.#read()),
      [name]: found.map(({ inputs, outputs }) => ({ inputs, outputs })),
    });
    const file: CacheFile = { perifocalConvolutions: Object.fromEntries(entries.slice(-MAX_ENTRIES)) };
    await writeAtomically(this.#path, [Buffer.from(`${JSON.stringify(file, null, 2)}\n`)]);
  }

  async #read(): Promise<CacheFile['perifocalConvolutions']> {
    let text: string;
    try {
      text = (await readBoundedFile(this.#path, MAX_BYTES)).toString('utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw new ArgumentError(`Cannot read the convolution cache ${this.#path}: ${(cause as Error).message}`, {
        cause,
      });
    }
    const entries = parseEntries(text);
    if (!entries) throw new ArgumentError(`${this.#path} is not a convolution cache; name another file, or delete it`);
    return entries;
  }
}

/** The entries of a cache file, or null where it is something else. */
function parseEntries(text: string): CacheFile['perifocalConvolutions'] | null {
  try {
    const entries: unknown = (JSON.parse(text) as Partial<CacheFile> | null)?.perifocalConvolutions;
    if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) return null;
    return Object.values(entries).every(isShapeList) ? (entries as CacheFile['perifocalConvolutions']) : null;
  } catch {
    return null;
  }
}

function isShapeList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (shape: Partial<ConvShape> | null) => Number.isInteger(shape?.inputs) && Number.isInteger(shape?.outputs),
    )
  );
}
