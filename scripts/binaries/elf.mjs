// What an addon asks of the machine that loads it, read from its ELF file by readelf.
import { execFileSync } from 'node:child_process';
import { GLIBC_MINOR, requireTarget } from './targets.mjs';

/** All that an addon shows, in the order of the names (cmake/exports.map). */
const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

/** @typedef {{ what: string, isTrue: boolean, detail: string }} Finding */

/** @param {string} text @param {RegExp} pattern with one group */
const captures = (text, pattern) => [...new Set([...text.matchAll(pattern)].map((match) => String(match[1])))];

/** Names that others can bind to, from the table of dynamic symbols. @param {string} symbols */
const exportsOf = (symbols) =>
  symbols
    .split('\n')
    .filter((line) => /\b(GLOBAL|WEAK|UNIQUE|<OS specific>: \d+)\s/.test(line) && !/\bUND\b/.test(line))
    .map((line) => String(line.trim().split(/\s+/).pop()));

/**
 * Machine, libraries, run paths, exports and version of glibc of an addon, each judged by what its target may ask for.
 * @param {string} name of the target
 * @param {string} path
 * @param {number} glibcMinor the newest that it may ask for
 * @returns {Finding[]}
 */
export function judgeAddon(name, path, glibcMinor = GLIBC_MINOR) {
  const target = requireTarget(name);
  /** @param {string[]} options */
  const readelf = (...options) => execFileSync('readelf', ['-W', ...options, path], { encoding: 'utf8' });
  const [machine] = captures(readelf('-h'), /Machine:\s+(.*)/g);
  const dynamic = readelf('-d');
  const symbols = readelf('--dyn-syms');
  const libraries = captures(dynamic, /NEEDED.*\[(.*)\]/g);
  const paths = captures(dynamic, /(?:RPATH|RUNPATH).*\[(.*)\]/g);
  const exported = exportsOf(symbols).sort();
  const minor = Math.max(0, ...captures(symbols, /@GLIBC_2\.(\d+)/g).map(Number));
  const users = captures(symbols, new RegExp(`(\\w+)@GLIBC_2\\.${minor}\\b`, 'g'));
  return [
    { what: 'machine', isTrue: target.machine.test(String(machine)), detail: String(machine) },
    {
      what: 'libraries',
      isTrue: libraries.length > 0 && libraries.every((library) => target.libraries.test(library)),
      detail: libraries.join(' '),
    },
    { what: 'run paths', isTrue: paths.length === 0, detail: paths.join(' ') || 'none' },
    {
      what: 'exports',
      isTrue: exported.join() === EXPORTS.join(),
      detail: exported.join(' ') || 'none',
    },
    {
      what: 'glibc',
      isTrue: target.libc === 'musl' ? minor === 0 : minor > 0 && minor <= glibcMinor,
      detail: minor === 0 ? 'none' : `2.${minor} (${users.slice(0, 12).join(' ')})`,
    },
  ];
}
