import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** One recorded call: `record.c` describes them. */
export interface Call {
  readonly words: readonly string[];
  readonly bytes: Buffer;
}

/** The calls in a recording. */
export function readRecording(path: string): Call[] {
  const data = readFileSync(path);
  const calls: Call[] = [];
  for (let at = 0; at < data.length; ) {
    const end = data.indexOf(10, at);
    const words = data.toString('utf8', at, end).split(' ');
    const count = Number(words.at(-1));
    calls.push({ words: words.slice(0, -1), bytes: data.subarray(end + 1, end + 1 + count) });
    at = end + 1 + count;
  }
  return calls;
}

interface FileNode {
  data: Buffer;
  durable: Buffer;
  /** Writes since the last sync, in their order; those past the end of `durable` make it longer. */
  pending: { readonly at: number; readonly bytes: Buffer | null }[];
}

/** A folder's names, all and durable. Folders are known by their path: the store renames none. */
interface Names {
  readonly all: Map<string, FileNode | 'folder'>;
  readonly durable: Map<string, FileNode | 'folder'>;
  pending: NameChange[];
}

interface NameChange {
  readonly gone: string | null;
  readonly added: readonly [string, FileNode | 'folder'] | null;
}

/** What a crash leaves. */
export type CrashKind =
  | 'synced only'
  | 'names, no bytes'
  | 'everything'
  | 'last write torn'
  | 'bytes, no names'
  | 'newest name alone';
export const CRASH_KINDS: readonly CrashKind[] = [
  'synced only',
  'names, no bytes',
  'everything',
  'last write torn',
  'bytes, no names',
  'newest name alone',
];

const SECTOR = 512;

/** The disk as the recorded calls leave it, with what a crash may take away again. */
export class ReplayedDisk {
  readonly #root: string;
  readonly #folders = new Map<string, Names>();
  readonly #open = new Map<string, { readonly path: string; readonly node: FileNode | null }>();

  /** @param root the folder that was recorded: it was there, and empty */
  constructor(root: string) {
    this.#root = root;
    this.#folders.set(root, newNames());
  }

  /** Whether a crash after this call can leave anything new. */
  apply({ words, bytes }: Call): boolean {
    const [name, first = '', second = '', third = ''] = words;
    if (name === 'open') return this.#openFile(first, Number(second), third);
    if (name === 'write') return this.#change(first, Number(second), Buffer.from(bytes));
    if (name === 'truncate') return this.#change(first, Number(second), null);
    if (name === 'sync') return this.#sync(first);
    if (name === 'rename') return this.#rename(first, second);
    if (name === 'unlink' || name === 'rmdir') return this.#name(first, { gone: basename(first), added: null });
    if (name === 'mkdir') {
      this.#folders.set(first, newNames());
      return this.#name(first, { gone: null, added: [basename(first), 'folder'] });
    }
    return false;
  }

  /** Writes what a crash now would leave into an empty folder. */
  async leave(kind: CrashKind, target: string): Promise<void> {
    await this.#leaveFolder(kind, this.#root, target);
  }

  /** A file as processes saw it; empty where there is none. */
  contentOf(path: string): string {
    const node = this.#folders.get(dirname(path))?.all.get(basename(path));
    return node === undefined || node === 'folder' ? '' : node.data.toString();
  }

  async #leaveFolder(kind: CrashKind, path: string, target: string): Promise<void> {
    const folder = this.#folders.get(path)!;
    const names = new Map(folder.durable);
    for (const change of surviving(kind, folder.pending)) applyName(names, change);
    await mkdir(target, { recursive: true });
    for (const [name, node] of names) {
      if (node === 'folder') await this.#leaveFolder(kind, join(path, name), join(target, name));
      else await writeFile(join(target, name), survivingBytes(kind, node));
    }
  }

  #openFile(descriptor: string, flags: number, path: string): boolean {
    const folder = this.#folders.get(dirname(path));
    let node = folder?.all.get(basename(path));
    const made = node === undefined && !this.#folders.has(path);
    if (made) {
      node = { data: Buffer.alloc(0), durable: Buffer.alloc(0), pending: [] };
      this.#name(path, { gone: null, added: [basename(path), node] });
    }
    const file = node === 'folder' || node === undefined ? null : node;
    this.#open.set(descriptor, { path, node: file });
    const truncated = (flags & 0o1000) !== 0 && file !== null && file.data.length > 0;
    if (truncated) this.#change(descriptor, 0, null);
    return made || truncated;
  }

  #change(descriptor: string, at: number, bytes: Buffer | null): boolean {
    const node = this.#open.get(descriptor)?.node;
    if (!node) throw new Error(`a write to descriptor ${descriptor}, which is no file`);
    node.pending.push({ at, bytes });
    node.data = applyWrite(node.data, at, bytes);
    return true;
  }

  #sync(descriptor: string): boolean {
    const { path, node } = this.#open.get(descriptor)!;
    if (node) {
      node.durable = Buffer.from(node.data);
      node.pending = [];
    } else {
      const folder = this.#folders.get(path)!;
      folder.durable.clear();
      for (const [name, each] of folder.all) folder.durable.set(name, each);
      folder.pending = [];
    }
    return true;
  }

  #rename(from: string, to: string): boolean {
    const node = this.#folders.get(dirname(from))!.all.get(basename(from))!;
    const added = [basename(to), node] as const;
    if (dirname(from) === dirname(to)) return this.#name(from, { gone: basename(from), added });
    this.#name(to, { gone: null, added });
    return this.#name(from, { gone: basename(from), added: null });
  }

  #name(path: string, change: NameChange): boolean {
    const folder = this.#folders.get(dirname(path))!;
    applyName(folder.all, change);
    folder.pending.push(change);
    return true;
  }
}

const newNames = (): Names => ({ all: new Map(), durable: new Map(), pending: [] });

function applyName(names: Map<string, FileNode | 'folder'>, { gone, added }: NameChange): void {
  if (gone !== null) names.delete(gone);
  if (added) names.set(...added);
}

function surviving(kind: CrashKind, pending: readonly NameChange[]): readonly NameChange[] {
  if (kind === 'synced only' || kind === 'bytes, no names') return [];
  return kind === 'newest name alone' ? pending.slice(-1) : pending;
}

function survivingBytes(kind: CrashKind, { data, durable, pending }: FileNode): Buffer {
  if (kind === 'everything' || kind === 'bytes, no names') return data;
  if (kind === 'synced only') return durable;
  // Delayed allocation: the size without the bytes.
  const sized = Buffer.alloc(data.length);
  durable.copy(sized);
  if (kind === 'names, no bytes' || kind === 'newest name alone') return sized;
  const before = pending.slice(0, -1).reduce((bytes, { at, bytes: part }) => applyWrite(bytes, at, part), durable);
  const last = pending.at(-1);
  if (!last?.bytes) return before;
  const torn = Math.min(last.bytes.length - 1, Math.ceil(last.bytes.length / 2 / SECTOR) * SECTOR);
  return applyWrite(before, last.at, last.bytes.subarray(0, torn));
}

function applyWrite(data: Buffer, at: number, bytes: Buffer | null): Buffer {
  if (bytes === null) {
    const cut = Buffer.alloc(at);
    data.copy(cut);
    return cut;
  }
  const length = Math.max(data.length, at + bytes.length);
  const result = Buffer.alloc(length);
  data.copy(result);
  bytes.copy(result, at);
  return result;
}
