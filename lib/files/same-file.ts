import { readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';

/**
 * What tells whether two paths mean one file; it can be compared and kept in a Set. It is the device and inode of what
 * a path leads to, so that symbolic links, hard links and `./` make no difference. A file that does not exist yet is
 * known by the folder in which it will be made (itself known by device and inode), and its name.
 */
export type FileIdentity = string;

/** Links that lead to nothing are followed this often: as Linux does. */
const MOST_LINKS = 40;

/** Identity of the file that a path leads to, or will lead to once it is written. Never rejects. */
export async function identifyFile(path: string): Promise<FileIdentity> {
  return identify(path, MOST_LINKS);
}

/** Whether two paths mean one file, existing or still to be written. */
export async function sameFile(a: string, b: string): Promise<boolean> {
  return (await identifyFile(a)) === (await identifyFile(b));
}

async function identify(path: string, linksLeft: number): Promise<FileIdentity> {
  const found = await stat(path, { bigint: true }).catch(() => null);
  // Some file systems know no inodes and say 0.
  if (found) return found.ino > 0n ? `${found.dev}:${found.ino}` : realpath(path).catch(() => resolve(path));
  const target = linksLeft > 0 ? await readlink(path).catch(() => null) : null;
  if (target !== null) return identify(isAbsolute(target) ? target : `${dirname(path)}/${target}`, linksLeft - 1);
  const [folder, name] = [dirname(path), basename(path)];
  if (folder === path) return path;
  if (name === '..' || name === '.') return identify(resolve(path), linksLeft);
  return `${await identify(folder, linksLeft)}/${name}`;
}
