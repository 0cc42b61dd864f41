import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { stars } from '../lib/index.js';
import { StarTable, packStars } from '../lib/stars/sky/star-table.js';
import type { TableStar } from '../lib/stars/sky/star-table.js';

const PACKAGED = 'models/stars/catalogue.bin';
const STAR: TableStar = {
  number: 7,
  raDegrees: 359.999_999_99,
  decDegrees: -90,
  eastMasPerYear: 4003.98,
  northMasPerYear: -5813.62,
  magnitude: 6.4,
  colour: 0.88,
};
const degrees = (a: stars.Vector, b: stars.Vector): number =>
  (2 * Math.asin(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) / 2) * 180) / Math.PI;

/** Gives changed bytes a checksum that fits: anybody can. */
function sign(bytes: Buffer): Buffer {
  const digest = createHash('sha256').update(bytes.subarray(0, 64)).update(bytes.subarray(96)).digest();
  digest.copy(bytes, 64);
  return bytes;
}

describe('the packaged catalogue of stars', () => {
  it('has the stars to magnitude 7 in less than a megabyte, as its card says', async () => {
    const [catalogue, bytes] = [await stars.StarCatalogue.packaged(), await readFile(PACKAGED)];
    expect(bytes.length).toBeLessThan(1e6);
    expect(catalogue.count).toBeGreaterThan(21_000);
    const digest = createHash('sha256').update(bytes).digest('hex');
    expect(await readFile('models/stars/catalogue.md', 'utf8')).toContain(digest);
  });

  it('has Sirius first, where SIMBAD has it in 2000', async () => {
    const catalogue = await stars.StarCatalogue.packaged();
    const sirius = catalogue.star(0, 2000);
    expect(sirius.id).toBe('HIP 32349');
    const place = stars.skyDirection(101.287_155_33, -16.716_115_86);
    expect(3600 * degrees(catalogue.direction(0, 2000), place)).toBeLessThan(0.05);
  });

  it('moves stars: 61 Cygni in 1991.25 and in 2016, where Gaia has it', async () => {
    const catalogue = await stars.StarCatalogue.packaged();
    const index = Array.from({ length: catalogue.count }, (_, i) => i).find(
      (i) => catalogue.star(i).id === 'HIP 104214',
    )!;
    // Gaia DR3 1872046609345556480, epoch 2016; an orbit of 659 years bends the way.
    const gaia = stars.skyDirection(316.748_479, 38.763_863);
    expect(3600 * degrees(catalogue.direction(index, 2016), gaia)).toBeLessThan(0.5);
    const moved = 3600 * degrees(catalogue.direction(index), catalogue.direction(index, 2016.25));
    expect(moved).toBeCloseTo(25 * 5.28, 0);
  });
});

describe('a table of stars', () => {
  it('comes back as it was packed, over the wrap of right ascension and at the pole', () => {
    const back = StarTable.parse(packStars([STAR], { name: 'X', epochYear: 2016 }), 'it').star(0);
    expect(back.number).toBe(7);
    expect(Math.min(back.raDegrees, 360 - back.raDegrees)).toBeLessThan(1e-7);
    expect(back.decDegrees).toBeCloseTo(-90, 7);
    expect(back.eastMasPerYear).toBeCloseTo(4004, 6);
    expect(back.northMasPerYear).toBe(-5813.5);
    expect(back.magnitude).toBeCloseTo(6.4, 9);
    expect(back.colour).toBeCloseTo(0.88, 9);
  });

  it('may be empty', () => {
    expect(StarTable.parse(packStars([], { name: 'X', epochYear: 2000 }), 'it').count).toBe(0);
  });

  /** Writes something into a table, with a checksum that fits. */
  const edit =
    (write: (bytes: Buffer) => void) =>
    (bytes: Buffer): Buffer => {
      write(bytes);
      return sign(bytes);
    };
  const two = (): Buffer => packStars([STAR, { ...STAR, magnitude: 3 }], { name: 'X', epochYear: 2016 });
  const cases: readonly (readonly [string, (bytes: Buffer) => Buffer, RegExp])[] = [
    ['cut in its header', (bytes) => bytes.subarray(0, 50), /50 bytes, fewer than its header/],
    ['of another kind', (bytes) => Buffer.concat([Buffer.from('BSC5'), bytes.subarray(4)]), /no table of stars/],
    ['cut', (bytes) => bytes.subarray(0, -1), /143 bytes, but 2 stars take 144/],
    ['with more behind it', (bytes) => Buffer.concat([bytes, bytes]), /288 bytes, but 2 stars take 144/],
    ['that claims billions', edit((bytes) => bytes.writeUInt32LE(2 ** 32 - 1, 8)), /4294967295 stars, more than/],
    ['with other records', edit((bytes) => bytes.writeUInt32LE(16, 12)), /16 bytes a star/],
    ['without a year', edit((bytes) => bytes.writeDoubleLE(NaN, 16)), /epoch NaN/],
    [
      'of which a bit has turned',
      (bytes) => Buffer.concat([bytes.subarray(0, 120), Buffer.of(9), bytes.subarray(121)]),
      /checksum/,
    ],
    ['beyond the pole', edit((bytes) => bytes.writeInt32LE(2 ** 30 + 1, 108)), /beyond the pole/],
    ['of numbers too large', edit((bytes) => bytes.writeUInt8(255, 103)), /above 2\^53/],
    ['not sorted', edit((bytes) => bytes.writeInt16LE(7000, 116)), /is not sorted: star 1/],
  ];
  it.each(cases)('%s is refused', (_, damage, message) => {
    expect(() => StarTable.parse(damage(two()), 'it')).toThrow(message);
  });

  it('is refused as a file: none, or too large', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'perifocal-catalogue-'));
    await expect(stars.StarCatalogue.read(join(folder, 'none'))).rejects.toThrow(/Cannot read the star catalogue/);
    await writeFile(join(folder, 'text'), 'ra,dec,mag\n');
    await expect(stars.StarCatalogue.read(join(folder, 'text'))).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});
