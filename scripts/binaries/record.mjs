// What the verification of an addon has found, kept beside it: only an addon with the very bytes that passed is packed,
// and only beside the sources, the models and the built library that it was verified with.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD_ROOT, ROOT } from './targets.mjs';

/** @typedef {{ sha256: string, sources: string, version: string, checks: string[] }} Record what passed, in words */

/** What an addon is built from, and what is packed beside it. */
const SOURCES = ['native', 'cmake', 'CMakeLists.txt', 'models', 'dist', 'package.json', 'package-lock.json'];

/** @param {string} folder of a target's build */
const pathsIn = (folder) => ({ addon: join(folder, 'perifocal.node'), record: join(folder, 'verified.json') });

/** @param {string | Buffer} data */
const hash = (data) => createHash('sha256').update(data).digest('hex');

/** @param {string} path */
const digest = (path) => hash(readFileSync(path));

/**
 * Files at and below a path, in the order of their names.
 * @param {string} root @param {string} path @returns {string[]}
 */
function listFiles(root, path) {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => listFiles(root, join(path, name)));
}

/**
 * SHA-256 of the names and the bytes of all that an addon is built from and packed with.
 * @param {string} root of the checkout
 */
export function digestSources(root = ROOT) {
  const files = SOURCES.flatMap((path) => listFiles(root, path));
  return hash(files.map((file) => `${digest(join(root, file))}  ${file}\n`).join(''));
}

const packageVersion = () => String(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version);

/**
 * @param {string} name of a target
 * @param {string[]} checks that its addon has passed
 * @param {string} sources their digest before the addon was built
 * @param {string} folder of its build
 */
export function writeRecord(name, checks, sources, folder = join(BUILD_ROOT, name)) {
  const { addon, record } = pathsIn(folder);
  /** @type {Record} */
  const content = { sha256: digest(addon), sources, version: packageVersion(), checks };
  writeFileSync(record, `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * Takes away what an earlier verification has found, so that none outlives one that fails.
 * @param {string} name of a target
 * @param {string} folder of its build
 */
export function removeRecord(name, folder = join(BUILD_ROOT, name)) {
  rmSync(pathsIn(folder).record, { force: true });
}

/**
 * Why a target's addon may not be packed, or null where it may.
 * @param {string} name of the target
 * @param {string} folder of its build
 * @returns {string | null}
 */
export function findObstacle(name, folder = join(BUILD_ROOT, name)) {
  const { addon, record } = pathsIn(folder);
  if (!existsSync(addon)) return `${name}: is missing; build it by npm run build:binaries -- ${name}`;
  const again = `verify it by npm run build:binaries -- ${name}`;
  if (!existsSync(record)) return `${name}: is not verified; ${again}`;
  /** @type {Record} */
  const { sha256, sources, version } = JSON.parse(readFileSync(record, 'utf8'));
  if (sha256 !== digest(addon)) return `${name}: has changed since it was verified; ${again}`;
  if (version !== packageVersion()) return `${name}: is of version ${version}, not ${packageVersion()}; ${again}`;
  if (sources !== digestSources()) return `${name}: was verified with other files in ${SOURCES.join(', ')}; ${again}`;
  return null;
}
