import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { ArgumentError, stars } from '../lib/index.js';
import { packStars } from '../lib/stars/sky/star-table.js';
import type { TableStar } from '../lib/stars/sky/star-table.js';
import { byMagnitude } from '../lib/stars/catalogue/by-magnitude.js';
import { withoutTwins } from '../lib/stars/catalogue/twins.js';
import { createRandom } from '../lib/math/random.js';
import { Pauses } from '../lib/runtime/pauses.js';
import { createFolder } from './support/models.js';
import { perifocal } from './support/cli.js';

const folder = createFolder();
afterAll(() => folder.remove());
const TARGET = folder.path('built.bin');

async function write(name: string, content: string | Buffer): Promise<string> {
  await writeFile(folder.path(name), content);
  return folder.path(name);
}

/** A line of hip2.dat as the ReadMe of CDS I/311 has its columns. */
function hipparcosLine(
  number: number,
  raRad: number,
  decRad: number,
  [east, north, hp, colour]: readonly number[],
): string {
  const cells: readonly (readonly [number, number, string])[] = [
    [0, 6, String(number)],
    [7, 14, '5 0 1'],
    [15, 28, raRad.toFixed(10)],
    [29, 42, decRad.toFixed(10)],
    [51, 59, east!.toFixed(2)],
    [60, 68, north!.toFixed(2)],
    [129, 136, hp!.toFixed(4)],
    [165, 171, colour!.toFixed(3)],
  ];
  const line = Array.from({ length: 276 }, () => ' ');
  for (const [start, end, text] of cells) line.splice(start, end - start, ...text.padStart(end - start));
  return `${line.join('')}\n`;
}

function gaiaFile(rows: readonly (readonly number[])[]): Buffer {
  const bytes = Buffer.alloc(16 + 36 * rows.length);
  bytes.write('GDR3', 0, 'latin1');
  bytes.writeUInt32LE(1, 4);
  bytes.writeBigUInt64LE(BigInt(rows.length), 8);
  for (const [index, [ra, dec, g, one, other]] of rows.entries()) {
    const at = 16 + 36 * index;
    bytes.writeBigInt64LE(1_576_683_529_448_755_328n, at);
    bytes.writeDoubleLE(ra!, at + 8);
    bytes.writeDoubleLE(dec!, at + 16);
    bytes.writeFloatLE(g!, at + 24);
    bytes.writeFloatLE(one!, at + 28);
    bytes.writeFloatLE(other!, at + 32);
  }
  return bytes;
}

/** Entries of number, right ascension, declination, hundredths of a magnitude and motions, in either byte order. */
function brightStarFile(rows: readonly (readonly number[])[], isLittle: boolean): Buffer {
  const view = new DataView(new ArrayBuffer(28 + 32 * rows.length));
  for (const [index, word] of [0, 1, -rows.length, 1, 1, 1, 32].entries()) view.setInt32(4 * index, word, isLittle);
  for (const [index, [number, ra, dec, mag, east, north]] of rows.entries()) {
    const at = 28 + 32 * index;
    view.setFloat32(at, number!, isLittle);
    view.setFloat64(at + 4, ra!, isLittle);
    view.setFloat64(at + 12, dec!, isLittle);
    view.setInt16(at + 22, mag!, isLittle);
    view.setFloat32(at + 24, east!, isLittle);
    view.setFloat32(at + 28, north!, isLittle);
  }
  return Buffer.from(view.buffer);
}

const ARC_SECOND = Math.PI / 648_000;

describe('building a catalogue', () => {
  it('reads the lines of Hipparcos, in the magnitude that silicon sees', async () => {
    const lines =
      hipparcosLine(32349, 1.5, -0.25, [-546.01, -1223.07, 6, 0.5]) + hipparcosLine(5, 6, 1.2, [1, 2, 4, -0.1]);
    const built = await stars.buildCatalogue(await write('hip2.dat', lines), TARGET);
    expect(built).toMatchObject({ format: 'hipparcos', name: 'HIP', epochYear: 1991.25, stars: 2, warnings: [] });
    const catalogue = await stars.StarCatalogue.read(TARGET);
    expect(catalogue.star(0).id).toBe('HIP 5');
    const slow = catalogue.star(1, 1991.25);
    expect(slow.magnitude).toBeCloseTo(6 - 0.455 * 0.5, 3);
    expect(slow.raDegrees).toBeCloseTo((1.5 * 180) / Math.PI, 6);
    const moved = catalogue.direction(1, 2091.25).map((part, i) => part - catalogue.direction(1)[i]!);
    expect(Math.hypot(...moved) / ARC_SECOND).toBeCloseTo(Math.hypot(54.6, 122.3), 0);
  });

  it('takes the columns of a Gaia file for what they hold', async () => {
    const motions = [
      [10, 20, 3, -120, 45],
      [11, 21, 4, 33, -8],
      [12, 22, 5, 2, 3],
    ];
    expect(await stars.buildCatalogue(await write('a.bin', gaiaFile(motions)), TARGET)).toMatchObject({
      format: 'gaia',
      epochYear: 2016,
      warnings: [],
    });
    const [first] = [(await stars.StarCatalogue.read(TARGET)).direction(0, 2116)];
    const shift = (Math.asin(first[2]) * 180 * 3600) / Math.PI - 20 * 3600;
    expect(shift).toBeCloseTo(4.5, 1);
    const colours = [
      [10, 20, 3, 3.4, 2.5],
      [11, 21, 4, 4.1, 3.8],
      [12, 22, 5, 5.6, 4.3],
    ];
    const built = await stars.buildCatalogue(await write('b.bin', gaiaFile(colours)), TARGET);
    expect(built.warnings[0]).toMatch(/magnitudes where it says proper motions: stars are taken to rest since 2016/);
    const star = (await stars.StarCatalogue.read(TARGET)).star(0, 2100);
    expect(star).toMatchObject({ id: 'Gaia row 1' });
    expect([star.raDegrees, star.decDegrees, star.colour]).toEqual([10, 20, 0.72].map((v) => expect.closeTo(v, 6)));
  });

  it.each([true, false])('reads the Bright Star Catalogue in its binary form, little-endian: %s', async (isLittle) => {
    const rows = [
      [7, 1, 1, 250, ARC_SECOND / Math.cos(1), 2 * ARC_SECOND],
      [92, 0, 0, 0, 0, 0],
    ];
    const built = await stars.buildCatalogue(await write('bsc', brightStarFile(rows, isLittle)), TARGET);
    expect(built).toMatchObject({ format: 'bsc5', name: 'HR', stars: 1, leftOut: { unknown: 1 } });
    const catalogue = await stars.StarCatalogue.read(TARGET);
    expect(catalogue.star(0)).toMatchObject({ id: 'HR 7', magnitude: 2.5 });
    const moved = catalogue.direction(0, 2010).map((part, i) => part - catalogue.direction(0)[i]!);
    expect(Math.hypot(...moved) / ARC_SECOND).toBeCloseTo(10 * Math.sqrt(5), 1);
  });

  it('reads it as lines, and columns of any order, and leaves out what a table does not hold', async () => {
    const lines = '001.291250|+45.229167|   1| | 6.70\n001.265833| -0.503056|   2| | 6.29\n001.3|+1.0|3|M|\n';
    const source = await write('lines.tsv', lines);
    expect(await stars.buildCatalogue(source, TARGET, { faintest: 6.5 })).toMatchObject({
      format: 'bsc5-lines',
      stars: 1,
      leftOut: { fainter: 1, unknown: 1, fast: 0, twins: 0 },
    });
    const columns =
      'dec;mag;hip;ra;pmra;pmdec\n10;1;4;350;9000;0\n-90;2;9;-10;1;2\n0;3;;0;;\n0.0001;4;8;359.9999;1;1\n';
    const built = await stars.buildCatalogue(await write('columns.csv', columns), TARGET, {
      name: 'K',
      epochYear: 2020,
    });
    expect(built).toMatchObject({ format: 'csv', epochYear: 2020, stars: 2, leftOut: { fast: 1, twins: 1 } });
    const catalogue = await stars.StarCatalogue.read(TARGET);
    expect([catalogue.star(0).id, catalogue.star(1).id]).toEqual(['K 9', 'K 3']);
  });

  it('is the same, byte by byte, as packing its stars', async () => {
    const source = await write('one.csv', 'ra,dec,mag,id\n30,40,5,77\n');
    const built = await stars.buildCatalogue(source, TARGET, { name: 'X' });
    const rest = { eastMasPerYear: 0, northMasPerYear: 0, colour: 0 };
    const star = { number: 77, raDegrees: 30, decDegrees: 40, magnitude: 5, ...rest };
    expect(await readFile(TARGET)).toEqual(packStars([star], { name: 'X', epochYear: 2000 }));
    expect(built.bytes).toBe(120);
  });

  it.each([
    ['a place beyond the pole', 'ra,dec,mag\n1,2,3\n1,91,3\n', {}, /line 3, has '91' for dec: a number from -90 to 90/],
    ['a magnitude that is none', 'ra,dec,mag\n1,2,x\n', {}, /line 2, has 'x' for mag/],
    ['no magnitudes', 'ra,dec\n1,2\n', {}, /has no column mag/],
    ['nothing', '', {}, /has no column ra, dec, mag/],
    [
      'faint stars only',
      'ra,dec,mag\n1,2,9\n',
      { faintest: 6 },
      /has no star to keep: left out are 1 fainter than 6; give a larger faintest/,
    ],
    [
      'fast stars and such without a magnitude only',
      'ra,dec,mag,pmra,pmdec\n1,2,3,9000,0\n4,5,,0,0\n',
      {},
      /no star to keep: left out are 1 without a magnitude, 1 faster than 8191 mas a year; give another catalogue/,
    ],
    ['a line without an end', `ra,dec,mag\n${'1'.repeat(70_000)}`, {}, /line 2, has 70000 bytes, more than 65536/],
    [
      'an epoch for a catalogue that has its own',
      '001.291250|+45.229167|   1| | 6.70\n',
      { epochYear: 2010, name: 'K' },
      /is read as bsc5-lines, which says its epoch and name itself: leave out epoch 2010 and name 'K'/,
    ],
    ['another format', 'ra,dec,mag\n1,2,9\n', { format: 'bsc5' as const }, /no binary Bright Star Catalogue/],
    ['a longer name', 'ra,dec,mag\n1,2,9\n', { name: 'x'.repeat(41) }, /41 bytes: give 1 to 40/],
    ['no memory', 'ra,dec,mag\n1,2,9\n', { memory: 1000 }, /memory|budget/i],
  ])('refuses %s', async (_, content, options, message) => {
    await expect(stars.buildCatalogue(await write('bad', content), TARGET, options)).rejects.toThrow(message);
  });

  const hipparcos = (numbers: readonly number[]): string => hipparcosLine(5, 1, 0.5, numbers);
  const gaia = (row: readonly number[]): Buffer => gaiaFile([[10, 20, 3, 100, 100], row]);
  const binary = (row: readonly number[]): Buffer => brightStarFile([[7, 1, 1, 250, 0, 0], row], true);
  const lines = (row: string): string => `001.291250|+45.229167|1||6.7\n${row}\n`;
  it.each([
    [gaia([NaN, 20, 3, 1, 1]), /star 2, has NaN for the right ascension in degrees: a number from -360 to 360/],
    [gaia([10, 100, 3, 1, 1]), /star 2, has 100 for the declination/],
    [gaia([10, NaN, 3, 1, 1]), /star 2, has NaN for the declination/],
    [gaia([10, 20, -33, 100, 100]), /star 2, has -33 for the magnitude/],
    [gaia([10, 20, -Infinity, 100, 100]), /star 2, has -Infinity for the magnitude/],
    [gaia([10, 20, 3, 1e30, 100]), /star 2, has 1\.0\d*e\+30 for the motion to the east|star 2, has 1e\+30/],
    [gaia([10, 20, 3, 100, -Infinity]), /star 2, has -Infinity for the motion to the north/],
    [binary([NaN, 1, 1, 1, 0, 0]), /star 2, has NaN for the number: a whole number from 0/],
    [binary([1.5, 1, 1, 1, 0, 0]), /star 2, has 1\.5 for the number/],
    [binary([-1, 1, 1, 1, 0, 0]), /star 2, has -1 for the number/],
    [binary([2, Infinity, 1, 1, 0, 0]), /star 2, has Infinity for the right ascension/],
    [binary([2, 1, 1.75, 1, 0, 0]), /star 2, has 100\.\d+ for the declination/],
    [binary([2, 1, 1, -3300, 0, 0]), /star 2, has -33 for the magnitude/],
    [binary([2, 1, 1, 1, NaN, 0]), /star 2, has NaN for the motion to the east/],
    [hipparcos([0, 0, 30, -30]), /line 1, has 43\.\d+ for the magnitude/],
    [hipparcosLine(5, 1, 1.75, [0, 0, 5, 0]), /line 1, has '1\.75\d*' for decRad/],
    [hipparcos([0, 0, 5, 0]) + hipparcosLine(1.5, 1, 1, [0, 0, 5, 0]), /line 2, has 1\.5 for the number/],
    [hipparcos([NaN, 0, 5, 0]), /line 1, has 'NaN' for eastMasPerYear/],
    [hipparcos([0, 0, Infinity, 0]), /line 1, has 'Infin\w*' for hp/],
    [lines('NaN|+1|2||3'), /line 2, has 'NaN' for the right ascension/],
    [lines('1|100|2||3'), /line 2, has '100' for the declination/],
    [lines('1|1|2||1e30'), /line 2, has '1e30' for the magnitude/],
    [lines('1|1|1.5||3'), /line 2, has 1\.5 for the number/],
    ['ra,dec,mag\nInfinity,1,1\n', /line 2, has 'Infinity' for ra/],
    ['ra,dec,mag\n1,1,1e30\n', /line 2, has '1e30' for mag/],
    ['ra,dec,mag,id\n1,1,1,1.5\n', /line 2, has 1\.5 for the number.*mend it, or take that star out/],
    ['ra,dec,mag,id\n1,1,1,NaN\n', /line 2, has 'NaN' for the number/],
  ])('refuses a number that no table holds (%#)', async (content, message) => {
    const building = stars.buildCatalogue(await write('bad', content), TARGET);
    await expect(building).rejects.toThrow(ArgumentError);
    await expect(building).rejects.toThrow(message);
  });

  it('takes motions and colours that Gaia does not know for 0', async () => {
    const rows = [
      [10, 20, 3, NaN, 40],
      [11, 21, 4, 50, 60],
    ];
    await stars.buildCatalogue(await write('unknown.bin', gaiaFile(rows)), TARGET);
    const { raDegrees } = (await stars.StarCatalogue.read(TARGET)).star(0, 2116);
    expect(raDegrees).toBeCloseTo(10, 6);
  });

  it.skipIf(process.platform !== 'linux')('names a file that changes while it is read', async () => {
    await expect(stars.buildCatalogue('/proc/self/status', TARGET)).rejects.toThrow(
      /Cannot read the catalogue \/proc\/self\/status: it became longer while it was read/,
    );
  });

  it('refuses a file that is missing or cut', async () => {
    await expect(stars.buildCatalogue(folder.path('none'), TARGET)).rejects.toThrow(/Cannot read the catalogue/);
    const cut = gaiaFile([[10, 20, 3, 1, 1]]).subarray(0, -1);
    await expect(stars.buildCatalogue(await write('cut', cut), TARGET)).rejects.toThrow(
      /51 bytes, but 1 stars take 52/,
    );
  });
});

describe('twins', () => {
  it('are left out as comparing all pairs says, at the poles and over 0 hours too', async () => {
    const random = createRandom(3);
    const places = [
      [0, 89.9999],
      [0, -89.9999],
      [359.9999, 0],
      [120, 40],
    ] as const;
    const all = Array.from({ length: 400 }, (_, number) => {
      const [ra, dec] = places[number % 4]!;
      const spread = () => (random() - 0.5) / 300;
      const raDegrees = (ra + (Math.abs(dec) > 80 ? 360 * random() : spread()) + 360) % 360;
      const decDegrees = Math.max(-90, Math.min(90, dec + spread() * (Math.abs(dec) > 80 ? 0.1 : 1)));
      return {
        number,
        raDegrees,
        decDegrees,
        eastMasPerYear: 0,
        northMasPerYear: 0,
        magnitude: 9 * random(),
        colour: 0,
      };
    });
    const direction = (star: (typeof all)[number]) => stars.skyDirection(star.raDegrees, star.decDegrees);
    const plain: typeof all = [];
    for (const star of [...all].sort((a, b) => a.magnitude - b.magnitude)) {
      const [x, y, z] = direction(star);
      const isFree = plain.every((other) => {
        const [a, b, c] = direction(other);
        return Math.hypot(x - a, y - b, z - c) > ARC_SECOND;
      });
      if (isFree) plain.push(star);
    }
    const numbers = (some: readonly TableStar[]): number[] => some.map(({ number }) => number).sort((a, b) => a - b);
    expect(plain.length).toBeLessThan(390);
    const pauses = new Pauses();
    expect(numbers(await withoutTwins(await byMagnitude(all, pauses), pauses))).toEqual(numbers(plain));
  });

  const onOneDeclination = (count: number): TableStar[] =>
    Array.from({ length: count }, (_, number) => ({
      number,
      raDegrees: (360 * number) / count,
      decDegrees: 30,
      magnitude: (number * 7919) % 1000,
      eastMasPerYear: 0,
      northMasPerYear: 0,
      colour: 0,
    }));

  it('are few, and found soon, where all stars have one declination', async () => {
    const pauses = new Pauses();
    const sorted = await byMagnitude(onOneDeclination(20_000), pauses);
    expect(sorted.every((star, index) => index === 0 || sorted[index - 1]!.magnitude <= star.magnitude)).toBe(true);
    expect(await withoutTwins(sorted, pauses)).toHaveLength(sorted.length);
  });

  it('are looked for no longer when the signal says so', async () => {
    const some = onOneDeclination(10);
    const pauses = new Pauses(AbortSignal.abort(new Error('enough')));
    await expect(byMagnitude(some, pauses)).rejects.toThrow('enough');
    await expect(withoutTwins(some, pauses)).rejects.toThrow('enough');
  });
});

describe('perifocal catalogue build', () => {
  it('writes a table that stars --catalogue reads, and says what it holds', async () => {
    const source = await write('cli.csv', 'ra,dec,mag\n10,20,3\n11,21,4\n');
    const { code, envelopes } = await perifocal(['catalogue', 'build', source, '-o', TARGET, '--json']);
    expect(code).toBe(0);
    expect(envelopes()[0]).toMatchObject({ ok: true, output: TARGET, report: { stars: 2, format: 'csv' } });
    expect((await stars.StarCatalogue.read(TARGET)).count).toBe(2);
    const over = await perifocal(['catalogue', 'build', source, '-o', source]);
    expect(over.code).toBe(2);
    const bytes = await write('own.bin', gaiaFile([[10, 20, 3, 100, 100]]));
    const named = await perifocal(['catalogue', 'build', bytes, '-o', TARGET, '--name', 'K', '--format', 'gaia']);
    expect(named.code).toBe(2);
    expect(named.stderr).toMatch(/--name belongs to csv/);
  });
});
