import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect } from '../lib/drivers/container/inspect.js';
import { realIo } from '../lib/io.js';

const io = realIo();
const SIZE = { width: 24, height: 16 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perifocal-container-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function inspected(bytes: Uint8Array) {
  const path = join(folder, 'frame');
  await writeFile(path, bytes);
  return inspect(io, path);
}

const noise = Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => (i * 7919) % 251);
const picture = () => sharp(noise, { raw: { ...SIZE, channels: 3 } });

const card = (text: string): string => text.padEnd(80);
/** A FITS of 16-bit values, with an extension of bytes behind it. */
function fits(): Buffer {
  const axes = ['NAXIS   =                    2', 'NAXIS1  =                   24', 'NAXIS2  =                   16'];
  const header = (cards: string[]): Buffer => Buffer.from([...cards, 'END'].map(card).join('').padEnd(2880), 'latin1');
  const data = Buffer.alloc(2880, 1);
  const main = header(['SIMPLE  =                    T', 'BITPIX  =                   16', ...axes]);
  const extension = header(["XTENSION= 'IMAGE   '", 'BITPIX  =                    8', ...axes]);
  return Buffer.concat([main, data, extension, data]);
}

const kinds: readonly (readonly [name: string, mime: string, make: () => Promise<Buffer> | Buffer])[] = [
  ['JPEG', 'image/jpeg', () => picture().jpeg().toBuffer()],
  ['progressive JPEG', 'image/jpeg', () => picture().jpeg({ progressive: true }).toBuffer()],
  ['PNG', 'image/png', () => picture().png().toBuffer()],
  ['TIFF', 'image/tiff', () => picture().tiff({ compression: 'none' }).toBuffer()],
  ['TIFF of tiles', 'image/tiff', () => picture().tiff({ tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer()],
  ['BigTIFF', 'image/tiff', () => picture().tiff({ bigtiff: true, compression: 'lzw' }).toBuffer()],
  ['FITS', 'image/fits', fits],
  ['WebP', 'image/webp', () => picture().webp().toBuffer()],
];

describe.each(kinds)('a %s', (_name, mime, make) => {
  it('is whole, and says its size', async () => {
    const found = await inspected(await make());
    expect(found).toMatchObject({ state: 'whole', mime });
    if (mime !== 'image/webp') expect(found).toMatchObject(SIZE);
  });

  it('is not whole wherever it is cut off', async () => {
    const bytes = await make();
    for (let length = 0; length < bytes.length; length += length < 4000 ? 13 : 97) {
      const { state } = await inspected(bytes.subarray(0, length));
      expect(state, `${length} of ${bytes.length} bytes`).not.toBe('whole');
    }
    expect((await inspected(bytes.subarray(0, bytes.length - 1))).state).toBe('partial');
  });

  it('does not crash on damage', async () => {
    const bytes = await make();
    for (let i = 0; i < 200; i += 1) {
      const damaged = Buffer.from(bytes);
      damaged[(i * 131) % Math.min(bytes.length, 400)]! ^= 1 << (i % 8);
      expect(['whole', 'partial', 'garbage']).toContain((await inspected(damaged)).state);
    }
  });
});

describe('inspect', () => {
  it('takes padding behind a JPEG', async () => {
    const bytes = Buffer.concat([await picture().jpeg().toBuffer(), Buffer.alloc(1000)]);
    expect((await inspected(bytes)).state).toBe('whole');
  });

  it('names what is no image', async () => {
    expect(await inspected(Buffer.from('<html>no camera</html>'))).toMatchObject({
      state: 'garbage',
      reason: expect.stringContaining('it is no JPEG'),
    });
    expect(await inspected(Buffer.alloc(0))).toMatchObject({ state: 'partial' });
    expect(await inspect(io, join(folder, 'missing'))).toMatchObject({ state: 'partial' });
    expect(await inspect(io, folder)).toMatchObject({ state: 'partial' });
  });

  it('ends on directories that point to themselves', async () => {
    const bytes = Buffer.alloc(64);
    bytes.write('II*\0', 'latin1');
    bytes.writeUInt32LE(8, 4);
    bytes.writeUInt32LE(8, 10);
    expect((await inspected(bytes)).state).not.toBe('whole');
  });
});
