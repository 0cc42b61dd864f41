import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { adviseOn, TARGETS as LOADED, targetOf } from '../lib/runtime/native/target.js';
import { judgeAddon } from '../scripts/binaries/elf.mjs';
import { cleanEnvironment } from '../scripts/binaries/environment.mjs';
import { digestSources, findObstacle, removeRecord, writeRecord } from '../scripts/binaries/record.mjs';
import { describeParts } from '../scripts/binaries/sbom.mjs';
import { requireTarget, TARGETS } from '../scripts/binaries/targets.mjs';
import { createFolder } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

const GLIBC = { platform: 'linux', arch: 'x64', glibcVersion: '2.31' };
const MUSL = { platform: 'linux', arch: 'arm64', glibcVersion: undefined };
const MAC = { platform: 'darwin', arch: 'arm64', glibcVersion: undefined };

describe('the choice of an addon', () => {
  it('goes by platform, processor and C library', () => {
    expect([GLIBC, MUSL, MAC].map(targetOf)).toEqual(['linux-x64', 'linux-arm64-musl', 'darwin-arm64']);
  });

  it('knows what a release has', () => {
    expect([...LOADED].sort()).toEqual(Object.keys(TARGETS).sort());
    expect(() => requireTarget('constructor')).toThrow(/^unknown target constructor; known: linux-x64,/);
  });

  it('says what is there and what to do', () => {
    expect(adviseOn(GLIBC, []).join(' ')).toMatch(/checkout.*npm run build:native.*PERIFOCAL_BINDING/);
    expect(adviseOn(MUSL, ['linux-x64']).join(' ')).toMatch(/addons for: linux-x64\..*which has linux-arm64-musl too/);
    expect(adviseOn(GLIBC, ['linux-x64']).join(' ')).toMatch(/\(glibc 2\.31\) is there but does not load.*glibc 2\.28/);
    expect(adviseOn(MAC, ['linux-x64']).join(' ')).toMatch(/no addon for darwin-arm64.*Linux on x64 or arm64/);
  });
});

describe('packing', () => {
  const build = folder.path('linux-x64');
  const addon = join(build, 'perifocal.node');
  const obstacle = () => findObstacle('linux-x64', build);

  it('refuses an addon by name that is missing, unverified or changed since', () => {
    expect(obstacle()).toBe('linux-x64: is missing; build it by npm run build:binaries -- linux-x64');
    mkdirSync(build);
    writeFileSync(addon, 'an addon');
    expect(obstacle()).toMatch(/^linux-x64: is not verified; verify it by npm run build:binaries -- linux-x64$/);
    writeRecord('linux-x64', ['all'], digestSources(), build);
    expect(obstacle()).toBeNull();
    writeFileSync(addon, 'another addon');
    expect(obstacle()).toMatch(/^linux-x64: has changed since it was verified/);
  });

  it('refuses an addon whose verification is being done again', () => {
    writeRecord('linux-x64', ['all'], digestSources(), build);
    removeRecord('linux-x64', build);
    removeRecord('linux-x64', build);
    expect(obstacle()).toMatch(/^linux-x64: is not verified/);
  });

  it('refuses an addon that was verified with other files', () => {
    writeRecord('linux-x64', ['all'], 'of other files', build);
    expect(obstacle()).toMatch(
      /^linux-x64: was verified with other files in native, .*dist.*package-lock\.json; verify/,
    );
  });

  it('refuses an addon that was verified for another version', () => {
    writeRecord('linux-x64', ['all'], digestSources(), build);
    const path = join(build, 'verified.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"version": "[^"]*"/, '"version": "0.0.1"'));
    expect(obstacle()).toMatch(/^linux-x64: is of version 0\.0\.1, not \d/);
  });
});

describe('the digest of what is packed', () => {
  const root = folder.path('checkout');
  const file = join(root, 'dist', 'deep', 'a.js');

  it('changes with a byte, a name and a file more', () => {
    for (const name of ['native', 'cmake', 'models', 'dist/deep']) mkdirSync(join(root, name), { recursive: true });
    for (const name of ['CMakeLists.txt', 'package.json', 'package-lock.json']) writeFileSync(join(root, name), name);
    writeFileSync(file, 'one');
    const first = digestSources(root);
    expect(digestSources(root)).toBe(first);
    writeFileSync(file, 'two');
    const second = digestSources(root);
    cpSync(file, join(root, 'native', 'a.js'));
    expect(new Set([first, second, digestSources(root)]).size).toBe(3);
  });
});

describe('the judgement of an addon', () => {
  const path = folder.path('addon.node');

  /** What is wrong with a library that exports these names and uses no C library. */
  function findWrong(names: readonly string[]): string[] {
    const source = names.map((name) => `int ${name};`).join('\n');
    execFileSync('g++', ['-x', 'c++', '-shared', '-nostdlib', '-o', path, '-'], { input: source });
    return judgeAddon('linux-x64', path).flatMap(({ what, isTrue }) => (isTrue ? [] : [what]));
  }

  it('asks for both entry points and nothing else', () => {
    const both = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
    expect(findWrong(both)).not.toContain('exports');
    expect(findWrong(both.slice(0, 1))).toContain('exports');
    expect(findWrong([...both, 'another'])).toContain('exports');
  });

  it('refuses an addon for glibc that tells no version of it', () => {
    expect(findWrong([])).toContain('glibc');
  });
});

describe('the environment of a release', () => {
  it('passes on nothing that changes what is built or loaded', () => {
    const names = ['PERIFOCAL_BINDING', 'PERIFOCAL_ISA', 'NODE_OPTIONS', 'NODE_PATH', 'CXX', 'CXXFLAGS', 'LDFLAGS'];
    const environment = Object.fromEntries(names.map((name) => [name, 'x']));
    expect(cleanEnvironment({ ...environment, PATH: '/bin', HOME: '/root' })).toEqual({ PATH: '/bin', HOME: '/root' });
  });
});

interface Component {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly unknown[];
}

describe('the list of parts', () => {
  const { components } = JSON.parse(describeParts()) as { components: Component[] };
  const names = components.map(({ name }) => name);

  it('has what an installation brings, for every target, and what is linked in', () => {
    for (const name of ['sharp', 'commander', 'zstddec', 'string-width', '@img/sharp-libvips-linuxmusl-arm64'])
      expect(names).toContain(name);
    expect(names.some((name) => name.includes('libc++'))).toBe(true);
  });

  it('has nothing that is only there for development, other systems or the service', () => {
    for (const name of ['vitest', 'fastify', '@img/sharp-darwin-arm64', '@img/sharp-linux-s390x'])
      expect(names).not.toContain(name);
  });

  it('gives each a licence, and is the same each time', () => {
    expect(components.filter(({ licenses }) => !licenses)).toEqual([]);
    expect(describeParts()).toBe(describeParts());
  });
});
