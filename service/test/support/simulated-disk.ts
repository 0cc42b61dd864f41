import { dirname, basename } from 'node:path';
import type { Io, IoFile, IoStat } from '../../lib/io.js';
import type { Random } from './random.js';

/** The process has ended: nothing that it does any more has an effect. */
export class Crash extends Error {}

interface FileNode {
  readonly kind: 'file';
  /** What the process sees. */
  data: Buffer;
  /** What is on the medium. */
  durable: Buffer;
  /** Parts of `data` that no sync has covered; those of a failed sync are never written. */
  dirty: { start: number; end: number }[];
}

interface FolderNode {
  readonly kind: 'folder';
  names: Map<string, Node>;
  durable: Map<string, Node>;
  /** Changes of names since the folder was synced, in their order. */
  pending: NameChange[];
}

type Node = FileNode | FolderNode;
/** A name that was given, taken away, or both at once (a rename within a folder). */
interface NameChange {
  readonly gone: string | null;
  readonly added: { readonly name: string; readonly node: Node } | null;
  /** Of a folder that was moved from one to another, which file systems do at once: its `..` changes too. */
  readonly fate?: Fate;
}

interface Fate {
  survives: boolean | null;
  readonly sides: { readonly folder: FolderNode; readonly change: NameChange }[];
}

/** What goes wrong, by chance: probabilities for each operation. */
export interface Faults {
  readonly full?: number;
  readonly writeError?: number;
  readonly syncError?: number;
}

const SECTOR = 512;

/** What a power cut leaves of what was not synced. */
export type Survival = 'nothing' | 'all' | 'any' | 'names only' | 'bytes only' | 'newest name';
export const SURVIVALS: readonly Survival[] = ['nothing', 'all', 'any', 'names only', 'bytes only', 'newest name'];

/** A disk with a page cache, and the clock and random numbers of the process that uses it. */
export class SimulatedDisk {
  readonly #random: Random;
  #root: FolderNode = newFolder();
  #monotonic = 5_000_000;
  #wall = 1_700_000_000_000;
  #boot = 1;
  /** Operations until the process ends. */
  crashIn = Number.POSITIVE_INFINITY;
  faults: Faults = {};
  capacityBytes = Number.POSITIVE_INFINITY;
  /** A database commits nothing while the disk has no room at all. */
  databaseNeedsRoom = false;
  operations = 0;
  /** The sync of this number fails, counted from 1: a disk with one bad moment. */
  failingSync = 0;
  syncs = 0;
  #crashed = false;

  constructor(random: Random) {
    this.#random = random;
  }

  get crashed(): boolean {
    return this.#crashed;
  }

  advance(milliseconds: number): void {
    this.#monotonic += milliseconds;
    this.#wall += milliseconds;
  }

  /** Sets the wall clock forward or back; no time passes. */
  setWall(milliseconds: number): void {
    this.#wall += milliseconds;
  }

  /** The machine is off for so long. */
  rebootMachine(offMilliseconds: number): void {
    this.#boot += 1;
    this.#monotonic = 1000;
    this.#wall += offMilliseconds;
  }

  /** One operation of the process: it may end before or after it. */
  async act<T>(run: () => T): Promise<T> {
    // Others get their turn, as they do with a real disk.
    await Promise.resolve();
    if (this.#crashed) throw new Crash();
    this.operations += 1;
    this.crashIn -= 1;
    if (this.crashIn > 0) return run();
    if (this.#random.chance(0.5)) run();
    this.#crashed = true;
    throw new Crash();
  }

  fail(kind: keyof Faults, code: string): void {
    if (this.#random.chance(this.faults[kind] ?? 0)) throw failure(code);
  }

  requireRoom(): void {
    if (this.databaseNeedsRoom && this.#room().freeBytes === 0) throw failure('ENOSPC');
  }

  /** Power comes back: what was not synced is there, or not, or in part. */
  restart(survival?: Survival): void {
    const mode = survival ?? this.#random.pick(['nothing', 'all', 'any', 'any', 'names only', 'bytes only'] as const);
    this.#root = this.#survivor(this.#root, mode, new Map()) as FolderNode;
    this.#crashed = false;
    this.crashIn = Number.POSITIVE_INFINITY;
  }

  #survivor(node: Node, mode: string, done: Map<Node, Node>): Node {
    const before = done.get(node);
    if (before) return before;
    if (node.kind === 'file') {
      const data = this.#survivingBytes(node, mode);
      const file: FileNode = { kind: 'file', data, durable: Buffer.from(data), dirty: [] };
      done.set(node, file);
      return file;
    }
    const folder = newFolder();
    done.set(node, folder);
    const names = new Map(node.durable);
    const keep = mode === 'all' || mode === 'names only' ? 1 : mode === 'any' ? this.#random.pick([0.2, 0.5, 0.8]) : 0;
    const pending = mode === 'newest name' ? node.pending.slice(-1) : node.pending;
    for (const change of pending) if (this.#survives(change, mode, keep)) apply(names, change);
    for (const [name, child] of names) folder.names.set(name, this.#survivor(child, mode, done));
    folder.durable = new Map(folder.names);
    return folder;
  }

  /** Both sides of a folder that was moved have one fate. */
  #survives({ fate }: NameChange, mode: string, keep: number): boolean {
    const decided = fate?.survives ?? (mode === 'newest name' || this.#random.chance(keep));
    if (fate) fate.survives = decided;
    return decided;
  }

  #survivingBytes({ data, durable, dirty }: FileNode, mode: string): Buffer {
    if (mode === 'all' || mode === 'bytes only') return written(data, durable, dirty, () => true, data.length);
    if (mode === 'nothing') return Buffer.from(durable);
    // Delayed allocation: a size without its bytes.
    const [least, most] = [Math.min(durable.length, data.length), Math.max(durable.length, data.length)];
    const length = this.#random.pick([durable.length, data.length, least + this.#random.below(most - least + 1)]);
    if (mode === 'names only' || mode === 'newest name') return written(data, durable, dirty, () => false, length);
    return written(data, durable, dirty, () => this.#random.chance(0.5), length);
  }

  io(): Io {
    const io: Io = {
      now: () => this.#wall,
      monotonic: () => this.#monotonic,
      boot: () => `boot ${this.#boot}`,
      sleep: async (milliseconds) => {
        await Promise.resolve();
        this.advance(milliseconds);
      },
      uuid: () => `${this.#random.below(2 ** 31)}`,
      create: (path) => this.act(() => this.#create(path)),
      open: (path) => this.act(() => this.#open(this.#file(path))),
      readFile: (path) => this.act(() => Buffer.from(this.#file(path).data)),
      list: (folder) => this.act(() => [...this.#folder(folder).names.keys()].sort()),
      stat: (path) => this.act(() => this.#stat(path)),
      makeFolder: (path) => this.act(() => this.#makeFolder(path)),
      rename: (from, to) => this.act(() => this.#rename(from, to)),
      readSetting: notHere,
      openFolder: notHere,
      copy: notHere,
      share: notHere,
      link: (existing, added) => this.act(() => this.#name(added, this.#file(existing))),
      unlink: (path) => this.act(() => this.#unlink(path)),
      removeFolder: (path) => this.act(() => this.#removeFolder(path)),
      syncFolder: (path) => this.act(() => this.#syncFolder(path)),
      room: () => this.act(() => this.#room()),
      watch: () => ({ close() {} }),
      spawn: notHere,
      run: (work, input) => work.run(io, input),
    };
    return io;
  }

  #create(path: string): IoFile {
    this.fail('full', 'ENOSPC');
    const parent = this.#folder(dirname(path));
    if (parent.names.has(basename(path))) throw failure('EEXIST', path);
    const node: FileNode = { kind: 'file', data: Buffer.alloc(0), durable: Buffer.alloc(0), dirty: [] };
    this.#name(path, node);
    return this.#open(node);
  }

  #open(node: FileNode): IoFile {
    let end = node.data.length;
    return {
      write: (bytes) =>
        this.act(() => {
          this.fail('full', 'ENOSPC');
          this.fail('writeError', 'EIO');
          if (this.#used() + bytes.length > this.capacityBytes) throw failure('ENOSPC');
          node.data = Buffer.concat([node.data, bytes]);
          node.dirty.push({ start: end, end: end + bytes.length });
          end += bytes.length;
        }),
      read: (into, position) => this.act(() => node.data.copy(into, 0, position)),
      size: () => this.act(() => node.data.length),
      copyTo: notHere,
      sync: () => this.act(() => this.#syncFile(node)),
      protect: () => this.act(() => {}),
      close: () => this.act(() => {}),
    };
  }

  #syncFile(node: FileNode): void {
    const failed = this.#syncFails();
    if (!failed) node.durable = written(node.data, node.durable, node.dirty, () => true, node.data.length);
    // The kernel takes what it could not write for written.
    node.dirty = [];
    if (failed) throw failure('EIO');
  }

  #syncFails(): boolean {
    this.syncs += 1;
    return this.syncs === this.failingSync || this.#random.chance(this.faults.syncError ?? 0);
  }

  /** The medium loses what it had: other bytes, without any operation. */
  rot(path: string): void {
    const node = this.#file(path);
    node.data = Buffer.alloc(node.data.length, 'rays');
    node.durable = Buffer.from(node.data);
    node.dirty = [];
  }

  #stat(path: string): IoStat | null {
    const node = this.#find(path);
    if (!node) return null;
    return { kind: node.kind, bytes: node.kind === 'file' ? node.data.length : 0, modifiedAt: this.#wall };
  }

  #makeFolder(path: string): boolean {
    if (this.#find(path)) return false;
    this.fail('full', 'ENOSPC');
    this.#name(path, newFolder());
    return true;
  }

  #rename(from: string, to: string): void {
    const node = this.#find(from);
    if (!node) throw failure('ENOENT', from);
    const [source, target] = [this.#folder(dirname(from)), this.#folder(dirname(to))];
    const added = { name: basename(to), node };
    const within = source === target;
    if (within) change(source, { gone: basename(from), added });
    else if (node.kind === 'file') {
      change(source, { gone: basename(from), added: null });
      change(target, { gone: null, added });
    } else moveFolder(source, target, basename(from), added);
  }

  #unlink(path: string): void {
    const folder = this.#find(dirname(path));
    if (folder?.kind !== 'folder' || !folder.names.has(basename(path))) return;
    change(folder, { gone: basename(path), added: null });
  }

  #removeFolder(path: string): void {
    if (this.#folder(path).names.size > 0) throw failure('ENOTEMPTY', path);
    change(this.#folder(dirname(path)), { gone: basename(path), added: null });
  }

  #syncFolder(path: string): void {
    const folder = this.#folder(path);
    if (this.#syncFails()) throw failure('EIO');
    for (const { fate } of folder.pending) for (const side of fate?.sides ?? []) settle(side.folder, side.change);
    folder.durable = new Map(folder.names);
    folder.pending = [];
  }

  #room(): { freeBytes: number; totalBytes: number } {
    const totalBytes = Math.min(this.capacityBytes, 2 ** 40);
    return { freeBytes: Math.max(0, totalBytes - this.#used()), totalBytes };
  }

  #used(node: Node = this.#root): number {
    if (!Number.isFinite(this.capacityBytes)) return 0;
    if (node.kind === 'file') return node.data.length;
    return [...node.names.values()].reduce((sum, child) => sum + this.#used(child), 0);
  }

  #name(path: string, node: Node): void {
    change(this.#folder(dirname(path)), { gone: null, added: { name: basename(path), node } });
  }

  #find(path: string): Node | null {
    let node: Node = this.#root;
    for (const part of path.split('/').filter((each) => each !== '')) {
      const next: Node | undefined = node.kind === 'folder' ? node.names.get(part) : undefined;
      if (!next) return null;
      node = next;
    }
    return node;
  }

  #folder(path: string): FolderNode {
    const node = this.#find(path);
    if (node?.kind !== 'folder') throw failure(node ? 'ENOTDIR' : 'ENOENT', path);
    return node;
  }

  #file(path: string): FileNode {
    const node = this.#find(path);
    if (node?.kind !== 'file') throw failure(node ? 'EISDIR' : 'ENOENT', path);
    return node;
  }
}

/** What the store does not do. */
const notHere = (): never => {
  throw new Error('This is only on a real machine');
};

const newFolder = (): FolderNode => ({ kind: 'folder', names: new Map(), durable: new Map(), pending: [] });

function moveFolder(
  source: FolderNode,
  target: FolderNode,
  gone: string,
  added: NonNullable<NameChange['added']>,
): void {
  const fate: Fate = { survives: null, sides: [] };
  for (const [folder, each] of [
    [source, { gone, added: null, fate }],
    [target, { gone: null, added, fate }],
  ] as const) {
    change(folder, each);
    fate.sides.push({ folder, change: each });
  }
}

/** A change has become durable with the other side of it. */
function settle(folder: FolderNode, each: NameChange): void {
  if (!folder.pending.includes(each)) return;
  apply(folder.durable, each);
  folder.pending = folder.pending.filter((other) => other !== each);
}

function change(folder: FolderNode, each: NameChange): void {
  apply(folder.names, each);
  folder.pending.push(each);
}

function apply(names: Map<string, Node>, { gone, added }: NameChange): void {
  if (gone !== null) names.delete(gone);
  if (added) names.set(added.name, added.node);
}

/** Bytes on the medium when some sectors of what is dirty have been written. */
function written(
  data: Buffer,
  durable: Buffer,
  dirty: FileNode['dirty'],
  isWritten: () => boolean,
  length: number,
): Buffer {
  const result = Buffer.alloc(length);
  durable.copy(result);
  for (const { start, end } of dirty) {
    for (let at = start; at < end; at = (Math.floor(at / SECTOR) + 1) * SECTOR) {
      const to = Math.min(end, (Math.floor(at / SECTOR) + 1) * SECTOR);
      if (isWritten()) data.copy(result, at, at, to);
    }
  }
  return result;
}

function failure(code: string, path = ''): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code} ${path}`), { code });
}
