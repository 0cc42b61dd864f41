import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { openImage } from '../lib/image/open-image.js';
import { createFolder } from './support/models.js';

const PYTHON = '/usr/bin/python3';
const hasTifffile = spawnSync(PYTHON, ['-c', 'import numpy, tifffile']).status === 0;
const folder = createFolder();
afterAll(folder.remove);

/** Writes pictures with tifffile, and beside each its samples. */
const SCRIPT = `
import sys, numpy, tifffile
folder, number = sys.argv[1], 0
random = numpy.random.default_rng(5)
for bands in (1, 2, 5, 13):
    for kind in ('u1', 'u2', 'f4', 'i2'):
        for tile in (None, (16, 32)):
            for planar in ('contig', 'separate'):
                for packed in (None, 'zlib'):
                    if bands == 1 and planar == 'separate': continue
                    samples = (random.random((37, 29, bands)) * 200).astype(kind)
                    order, big = '<>'[number % 2], number % 3 == 0
                    stored = numpy.moveaxis(samples, -1, 0) if planar == 'separate' else samples
                    tifffile.imwrite(f'{folder}/{number}.tif', stored if bands > 1 else samples[..., 0],
                        photometric='minisblack', planarconfig=planar if bands > 1 else None, tile=tile,
                        compression=packed, byteorder=order, bigtiff=big)
                    out = samples.astype('f4') if kind == 'i2' else samples
                    out.tofile(f'{folder}/{number}.raw')
                    number += 1
print(number)
`;

describe.runIf(hasTifffile)('files as tifffile writes them', () => {
  it('are read as they were written', async () => {
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', SCRIPT, folder.path('')], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const names = readdirSync(folder.path('')).filter((name) => name.endsWith('.tif'));
    expect(names.length).toBe(Number(stdout));
    const { signal } = new AbortController();
    for (const name of names) {
      const { frame } = await (await openImage(folder.path(name), { signal })).read(signal);
      const expected = readFileSync(folder.path(name.replace('.tif', '.raw')));
      const { buffer, byteOffset, byteLength } = frame.data;
      const found = Buffer.from(buffer, byteOffset, byteLength);
      if (Buffer.compare(found, expected) !== 0) throw new Error(`${name} is read otherwise`);
    }
  });
});
