// What a release consists of, as CycloneDX 1.5: the packages that an installation brings, by package-lock.json, and
// what is linked into the addons. `npm sbom` would do, but takes the packages of service/ for ours and leaves out those
// that a development dependency shares (npm 11.19).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, TARGETS } from './targets.mjs';

/**
 * @typedef {{ version: string, license?: string, integrity?: string, os?: string[], cpu?: string[], libc?: string[],
 *   dependencies?: Record<string, string>, optionalDependencies?: Record<string, string> }} Locked
 * @typedef {{ name: string, locked: Locked }} Part
 */

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

/** Whether any target of ours installs it. @param {Locked} locked */
const isOurs = ({ os, cpu, libc }) =>
  (os?.includes('linux') ?? true) &&
  Object.values(TARGETS).some((target) => (cpu?.includes(target.cpu) ?? true) && (libc?.includes(target.libc) ?? true));

/**
 * Where a package finds another: in its own folder, or in one of those around it.
 * @param {Record<string, Locked>} packages @param {string} from @param {string} name
 */
function resolvePath(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder ? `${folder}/` : ''}node_modules/${name}`;
    if (packages[path]) return path;
    if (!folder) return null;
  }
}

/** All that an installation brings. @param {Record<string, Locked>} packages @returns {Part[]} */
function findParts(packages) {
  /** @type {Map<string, Part>} */
  const parts = new Map();
  /** @param {string} from */
  const visit = (from) => {
    const { dependencies = {}, optionalDependencies = {} } = /** @type {Locked} */ (packages[from]);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const path = resolvePath(packages, from, name);
      if (path === null && name in optionalDependencies) continue;
      const locked = path === null ? undefined : packages[path];
      if (path === null || !locked) throw new Error(`${name} is not in package-lock.json; run npm install`);
      if (parts.has(path) || !isOurs(locked)) continue;
      parts.set(path, { name, locked });
      visit(path);
    }
  };
  visit('');
  return [...parts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param {string} license an SPDX expression */
const licensed = (license) => [{ expression: license }];

/** @param {Part} part */
function describePackage({ name, locked: { version, license, integrity } }) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const hash = integrity?.startsWith('sha512-') ? Buffer.from(integrity.slice(7), 'base64').toString('hex') : null;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(license && { licenses: licensed(license) }),
    ...(hash && { hashes: [{ alg: 'SHA-512', content: hash }] }),
  };
}

/** @param {string} name @param {string} version @param {string} license */
const linked = (name, version, license) => ({ type: 'library', name, version, licenses: licensed(license) });

/** What zig and node-addon-api leave in the addons. */
function findLinked() {
  const zig = /ziglang==(\S+)/.exec(readFileSync(join(ROOT, 'scripts/binaries/requirements.txt'), 'utf8'))?.[1];
  const { version, license } = readJson('package-lock.json').packages['node_modules/node-addon-api'];
  return [
    linked('LLVM libc++, libc++abi and libunwind', `of zig ${zig}`, 'Apache-2.0 WITH LLVM-exception'),
    linked('zig compiler-rt', String(zig), 'MIT'),
    linked('node-addon-api', version, license),
  ];
}

/** The text of sbom.cdx.json. Without a time or a random number, so that the same release has the same one. */
export function describeParts() {
  const { name, version, license } = readJson('package.json');
  const parts = findParts(readJson('package-lock.json').packages).map(describePackage);
  const component = { type: 'library', name, version, purl: `pkg:npm/${name}@${version}`, licenses: licensed(license) };
  const sbom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component },
    components: [...parts, ...findLinked()],
  };
  return `${JSON.stringify(sbom, null, 2)}\n`;
}
