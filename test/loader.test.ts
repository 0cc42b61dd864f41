import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { NativeError, VERSION } from '../lib/index.js';
import { loadBinding } from '../lib/runtime/native/loader.js';
import { createFolder } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

function failure(path: string): NativeError {
  try {
    loadBinding(path);
  } catch (error) {
    expect(error).toBeInstanceOf(NativeError);
    return error as NativeError;
  }
  throw new Error('loading succeeded');
}

describe('the loader', () => {
  it('finds the addon of this package, of the same version', () => {
    const binding = loadBinding();
    expect(binding.version).toBe(VERSION);
    expect(binding.cpu().name).not.toBe('');
    const isas = binding.isas();
    expect(isas.at(-1)).toMatchObject({ name: 'scalar', supported: true });
    expect(new Set(isas.map(({ name }) => name)).size).toBe(isas.length);
  });

  it('says what it tried, why that failed, and what to do', () => {
    const { code, message } = failure(folder.path('none.node'));
    expect(code).toBe('NATIVE_MISSING');
    expect(message).toMatch(/^Could not load the native addon of perifocal for \w+-\w+/);
    expect(message).toContain(`  - ${folder.path('none.node')}: Cannot find module`);
    expect(message).toContain('npm run build:native');
    expect(message).toContain('PERIFOCAL_BINDING');
  });

  it('reports a file that is no addon', () => {
    writeFileSync(folder.path('text.node'), 'not an addon');
    expect(failure(folder.path('text.node')).message).toMatch(
      /text\.node: .*(file too short|invalid ELF header|not a mach-o|not a valid)/i,
    );
    mkdirSync(folder.path('folder.node'));
    expect(failure(folder.path('folder.node')).message).toContain('folder.node');
  });

  it('takes the path from PERIFOCAL_BINDING', () => {
    process.env.PERIFOCAL_BINDING = folder.path('elsewhere.node');
    try {
      expect(() => loadBinding()).toThrow(/elsewhere\.node/);
    } finally {
      delete process.env.PERIFOCAL_BINDING;
    }
  });
});
