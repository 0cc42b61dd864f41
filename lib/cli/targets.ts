import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { identifyFile } from '../files/same-file.js';
import { checkWritable } from '../files/write-file.js';
import type { FileIdentity } from '../files/same-file.js';
import { IMAGE_EXTENSIONS, formatOfExtension } from '../image/codec/sharp.js';
import type { ImageFormat } from '../image/codec/sharp.js';
import { ArgumentError } from '../runtime/errors.js';
import { STREAM } from './standard-streams.js';

/** One kind of file that a command writes for each of its inputs. */
export interface TargetRule {
  /** The option that names it, for messages. */
  readonly option: string;
  /** What was given: a file, a folder, or `-` for standard output. Undefined: what `beside` says, or nothing. */
  readonly value: string | undefined;
  /** The file's name in a folder, from the input's. */
  readonly nameOf: (input: string) => string;
  /** Where the file goes when nothing was given. */
  readonly beside?: (input: string) => string;
  /** Image formats that the file may have; any file by default. */
  readonly formats?: readonly ImageFormat[];
  /** Whether one of them may go to standard output. */
  readonly canStream?: boolean;
  /** Files that are written along with it. */
  readonly alongside?: (path: string) => readonly string[];
}

/** One input, and where what is made of it goes. */
export interface TargetJob<Name extends string> {
  readonly input: string;
  readonly targets: Readonly<Partial<Record<Name, string>>>;
}

/** Where everything goes. */
export interface TargetPlan<Name extends string> {
  readonly jobs: readonly TargetJob<Name>[];
  /** Whether standard output takes one of the files. */
  readonly isStreamed: boolean;
  /** Makes the folders that the files go to. To be called before the first job. Rejects with ArgumentError. */
  readonly makeFolders: () => Promise<void>;
}

/** What is known of the paths of a command besides its targets. */
export interface OtherPaths {
  /** Files that are read besides the inputs: references, kernels, models. */
  readonly reads?: readonly (string | null | undefined)[];
  /** Files that are written once. */
  readonly writes?: readonly (string | null | undefined)[];
}

interface WrittenFile {
  readonly path: string;
  /** Whose it is, for messages. */
  readonly input: string | null;
}

/**
 * Where each input's files go, by the rules of all commands: to the file that is named; or into the folder, when it is
 * one, ends in a slash, or several inputs are given. No file is written that is read, and none is written twice,
 * whatever its path looks like. Reads and makes no file. Throws ArgumentError.
 */
export async function planTargets<Name extends string>(
  inputs: readonly string[],
  rules: Readonly<Record<Name, TargetRule>>,
  { reads = [], writes = [] }: OtherPaths = {},
): Promise<TargetPlan<Name>> {
  const entries = Object.entries(rules) as [Name, TargetRule][];
  const folders = new Map<Name, boolean>();
  for (const [name, rule] of entries) folders.set(name, await isFolder(rule, inputs));
  const jobs = inputs.map((input) => ({ input, targets: targetsOf(input, entries, folders) }));
  const named = jobs.flatMap(({ input, targets }) => filesOf(input, entries, targets));
  const others = present(writes).map((path) => ({ path, input: null }));
  await refuseCollisions([...inputs, ...present(reads)], [...named, ...others]);
  const makeFolders = async (): Promise<void> => {
    for (const [name, { value }] of entries) if (folders.get(name)) await makeFolder(value!);
  };
  return { jobs, isStreamed: named.some(({ path }) => path === STREAM), makeFolders };
}

/** Checks the one file that a command writes, as {@link planTargets}. Throws ArgumentError. */
export async function planOutput(
  rule: Pick<TargetRule, 'option' | 'formats'>,
  path: string,
  { reads = [] }: OtherPaths,
): Promise<void> {
  if (path !== STREAM) {
    if (/[/\\]$/.test(path) || (await isDirectory(path)))
      throw new ArgumentError(`${rule.option} ${path} is a folder: name a file`);
    requireFormat(path, rule);
  }
  await refuseCollisions(present(reads), [{ path, input: null }]);
}

/** Rejects with ImageError where a file cannot be written, before work is spent on what goes into it. */
export async function checkTargets(paths: readonly string[]): Promise<void> {
  for (const path of paths) if (path !== STREAM) await checkWritable(path);
}

/** Throws ArgumentError where a path is written that is read, or written twice. Standard input and output count too. */
export async function refuseCollisions(reads: readonly string[], writes: readonly WrittenFile[]): Promise<void> {
  if (reads.filter((path) => path === STREAM).length > 1)
    throw new ArgumentError('Standard input can be read once: give - for one file only');
  const inputs = new Map<FileIdentity, string>();
  for (const path of reads) if (path !== STREAM) inputs.set(await identifyFile(path), path);
  const outputs = new Map<FileIdentity, WrittenFile>();
  for (const file of writes) {
    const id = file.path === STREAM ? STREAM : await identifyFile(file.path);
    const read = inputs.get(id);
    if (read !== undefined) throw overwriting(file.path, read);
    const other = outputs.get(id);
    if (other !== undefined) throw writtenTwice(file, other);
    outputs.set(id, file);
  }
}

/** The input's path with another extension, and something before it. */
export function withSuffix(input: string, suffix: string): string {
  return join(dirname(input), `${stemOf(input)}${suffix}`);
}

/** The name of a file without its folder and its extension. */
export const stemOf = (path: string): string => basename(path, extname(path));

async function isFolder({ value, option, canStream }: TargetRule, inputs: readonly string[]): Promise<boolean> {
  if (value === undefined) return false;
  if (value === STREAM) {
    if (!canStream) throw new ArgumentError(`${option} cannot go to standard output: name a file`);
    if (inputs.length > 1) throw new ArgumentError(`${option} - takes one input, ${inputs.length} are given`);
    return false;
  }
  return inputs.length > 1 || /[/\\]$/.test(value) || (await isDirectory(value));
}

function targetsOf<Name extends string>(
  input: string,
  rules: readonly (readonly [Name, TargetRule])[],
  folders: ReadonlyMap<Name, boolean>,
): Partial<Record<Name, string>> {
  const targets: Partial<Record<Name, string>> = {};
  for (const [name, rule] of rules) {
    const path = targetOf(input, rule, folders.get(name)!);
    if (path !== undefined) targets[name] = path;
  }
  return targets;
}

function targetOf(input: string, rule: TargetRule, isInFolder: boolean): string | undefined {
  const { option, value, nameOf, beside } = rule;
  if (isInFolder) {
    if (input === STREAM) throw new ArgumentError(`Standard input has no name in a folder: give ${option} a file`);
    return join(value!, nameOf(input));
  }
  if (value === undefined) return beside?.(input);
  if (value !== STREAM) requireFormat(value, rule);
  return value;
}

/** A file that is named must have an extension that can be written. Names that follow an input's wait their turn. */
function requireFormat(path: string, { option, formats }: Pick<TargetRule, 'option' | 'formats'>): void {
  if (formats === undefined) return;
  const format = formatOfExtension(extname(path));
  if (format !== undefined && formats.includes(format)) return;
  const extensions = IMAGE_EXTENSIONS.filter((extension) => formats.includes(formatOfExtension(extension)!));
  throw new ArgumentError(`${option} ${path}: its extension must be one of ${extensions.join(', ')}`);
}

function filesOf<Name extends string>(
  input: string,
  rules: readonly (readonly [Name, TargetRule])[],
  targets: Partial<Record<Name, string>>,
): WrittenFile[] {
  return rules.flatMap(([name, { alongside }]) => {
    const path = targets[name];
    if (path === undefined) return [];
    return [path, ...(alongside?.(path) ?? [])].map((file) => ({ path: file, input }));
  });
}

function overwriting(path: string, read: string): ArgumentError {
  return new ArgumentError(`Writing ${path} would overwrite an input${read === path ? '' : `, ${read}`}`);
}

function writtenTwice(file: WrittenFile, other: WrittenFile): ArgumentError {
  const name = file.path === STREAM ? 'standard output' : file.path;
  const who = file.input !== null && other.input !== null && file.input !== other.input ? 'inputs' : 'files';
  return new ArgumentError(`Two ${who} would be written to ${name}${name === other.path ? '' : ` (${other.path})`}`);
}

/** The paths that were given. */
export const present = (paths: readonly (string | null | undefined)[]): string[] =>
  paths.filter((path) => path !== undefined && path !== null);

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: Error) => {
    throw new ArgumentError(`Cannot use ${path} as the output folder: ${cause.message}`, { cause });
  });
}
