import { execFile } from 'node:child_process';
import { mkdir, rename, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const GENERATOR = fileURLToPath(new URL('../scripts/random-model.mjs', import.meta.url));

/**
 * Path of a model with random weights, kept between runs in the system's temporary folder.
 * @param {number} blocks
 * @param {number} base
 */
export async function writeModel(blocks, base) {
  const folder = join(tmpdir(), 'perifocal-bench');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `random-n${blocks}-b${base}.safetensors`);
  const { mtimeMs } = await stat(GENERATOR);
  if ((await stat(path).catch(() => null))?.mtimeMs > mtimeMs) return path;
  const unfinished = `${path}.${process.pid}`;
  await promisify(execFile)(process.execPath, [
    GENERATOR,
    '--blocks',
    String(blocks),
    '--base',
    String(base),
    '-o',
    unfinished,
  ]);
  await rename(unfinished, path);
  return path;
}
