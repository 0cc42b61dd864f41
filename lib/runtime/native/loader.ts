import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, resolve } from 'node:path';
import { getSystemErrorName } from 'node:util';
import {
  ArgumentError,
  IntegrityError,
  IsaError,
  ModelError,
  NativeError,
  PerifocalError,
  StateError,
  SystemError,
} from '../errors.js';
import { toPerifocalError } from '../errors.js';
import { requireString } from '../validate.js';
import { VERSION } from '../version.js';
import type { Binding, NativeErrorCode } from './binding.js';
import { adviseOn, findHost, targetOf } from './target.js';

const require = createRequire(import.meta.url);

/** Literal paths, so that a bundler can follow them. */
function requirePrebuild(target: string): unknown {
  switch (target) {
    case 'linux-x64':
      return require('../../../prebuilds/linux-x64.node');
    case 'linux-arm64':
      return require('../../../prebuilds/linux-arm64.node');
    case 'linux-x64-musl':
      return require('../../../prebuilds/linux-x64-musl.node');
    case 'linux-arm64-musl':
      return require('../../../prebuilds/linux-arm64-musl.node');
    default:
      throw new Error(`no prebuild exists for ${target}`);
  }
}

interface Attempt {
  readonly label: string;
  readonly load: () => unknown;
}

function listAttempts(explicitPath: string | undefined): Attempt[] {
  if (explicitPath !== undefined) {
    const path = isAbsolute(explicitPath) ? explicitPath : resolve(explicitPath);
    return [{ label: path, load: () => require(path) as unknown }];
  }
  const target = targetOf(findHost());
  return [
    { label: `prebuilds/${target}.node`, load: () => requirePrebuild(target) },
    { label: 'build/Release/perifocal.node', load: () => require('../../../build/Release/perifocal.node') as unknown },
  ];
}

/** An addon of another release would fail in the middle of a frame. */
function checkVersion(binding: Binding): Binding {
  if (binding.version !== VERSION) throw new Error(`is of version ${binding.version}, the package of ${VERSION}`);
  return binding;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

/** What was found before, by its explicit path: to search again takes longer than many calls. */
const loaded = new Map<string | undefined, Binding>();

/**
 * Loads the addon: `explicitPath` or else `PERIFOCAL_BINDING` alone where given, else the packaged prebuild for this
 * platform, else build/Release. Throws NativeError that lists what was tried, why it failed, and what to do.
 */
export function loadBinding(explicitPath: string | undefined = process.env.PERIFOCAL_BINDING || undefined): Binding {
  if (explicitPath !== undefined) requireString('nativeBinding', explicitPath);
  const known = loaded.get(explicitPath);
  if (known !== undefined) return known;
  const failures: string[] = [];
  for (const { label, load } of listAttempts(explicitPath)) {
    try {
      const binding = checkVersion(load() as Binding);
      loaded.set(explicitPath, binding);
      return binding;
    } catch (error) {
      failures.push(`  - ${label}: ${firstLine(error)}`);
    }
  }
  const host = findHost();
  const heading = `Could not load the native addon of perifocal for ${targetOf(host)}. Tried:`;
  throw new NativeError('NATIVE_MISSING', [heading, ...failures, ...adviseOn(host, listPrebuilds())].join('\n'));
}

/** The targets that this package has an addon for. */
function listPrebuilds(): string[] {
  const folder = new URL('../../../prebuilds/', import.meta.url);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.node'))
    .map((name) => name.slice(0, -'.node'.length))
    .sort();
}

/** An error of the addon as one of this package, with the native one as its cause; another as NativeError. */
export function translateNativeError(error: unknown): unknown {
  if (error instanceof PerifocalError || !(error instanceof Error)) return error;
  const { message } = error;
  const options = { cause: error };
  switch ((error as { code?: NativeErrorCode }).code) {
    case 'ARGUMENT':
      return new ArgumentError(message, options);
    case 'MODEL_INVALID':
      return new ModelError('MODEL_INVALID', message, options);
    case 'ISA_UNAVAILABLE':
      return new IsaError(message, options);
    case 'OUT_OF_MEMORY':
      return new NativeError('OUT_OF_MEMORY', message, options);
    case 'STATE':
      return new StateError(message, options);
    case 'INTEGRITY':
      return new IntegrityError(message, options);
    case 'SYSTEM':
      return systemErrorOf(error as Error & { errno: number });
    case 'INTERNAL':
      return new NativeError('INTERNAL', message, options);
    default:
      return toPerifocalError(error);
  }
}

/** The message of the native error is the call that has failed. */
function systemErrorOf(error: Error & { errno: number }): SystemError {
  const { message: call, errno } = error;
  const name = getSystemErrorName(-errno);
  return new SystemError(name, call, `${call} failed with ${name}`, { cause: error });
}
