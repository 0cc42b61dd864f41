// What the verification of an addon has found, kept beside it: only an addon with the very bytes that passed is packed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD_ROOT, ROOT } from './targets.mjs';

/** @typedef {{ sha256: string, version: string, checks: string[] }} Record what passed, in words */

/** @param {string} folder of a target's build */
const pathsIn = (folder) => ({ addon: join(folder, 'perifocal.node'), record: join(folder, 'verified.json') });

/** @param {string} path */
const digest = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

const packageVersion = () => String(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version);

/**
 * @param {string} name of a target
 * @param {string[]} checks that its addon has passed
 * @param {string} folder of its build
 */
export function writeRecord(name, checks, folder = join(BUILD_ROOT, name)) {
  const { addon, record } = pathsIn(folder);
  /** @type {Record} */
  const content = { sha256: digest(addon), version: packageVersion(), checks };
  writeFileSync(record, `${JSON.stringify(content, null, 2)}\n`);
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
  const { sha256, version } = JSON.parse(readFileSync(record, 'utf8'));
  if (sha256 !== digest(addon)) return `${name}: has changed since it was verified; ${again}`;
  if (version !== packageVersion()) return `${name}: is of version ${version}, not ${packageVersion()}; ${again}`;
  return null;
}
