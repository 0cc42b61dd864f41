import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandomModel } from '../../scripts/random-model.mjs';

const cache = new Map<string, Uint8Array>();

/** The bytes of a model with random weights; made once per shape and seed. */
export function randomModel(blocks: number, base: number, seed = 1): Uint8Array {
  const key = `${blocks}/${base}/${seed}`;
  const model = cache.get(key) ?? createRandomModel({ blocks, base, seed });
  cache.set(key, model);
  return model;
}

/** A folder of its own for one test file; `remove` deletes it. */
export function createFolder(): { path: (name: string) => string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'perifocal-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function writeRandomModel(path: string, blocks: number, base: number): string {
  writeFileSync(path, randomModel(blocks, base));
  return path;
}
