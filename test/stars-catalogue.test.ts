import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ArgumentError, stars } from '../lib/index.js';
import { createFolder } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

function write(name: string, text: string): string {
  const path = folder.path(name);
  writeFileSync(path, text);
  return path;
}

const SIRIUS = { raDegrees: 101.287, decDegrees: -16.716, magnitude: -1.46 };
const CANOPUS = { raDegrees: 95.988, decDegrees: -52.696, magnitude: -0.74 };

describe('a catalogue', () => {
  it.each<[string, string, string]>([
    ['CSV', 'a.csv', 'name,RA,Dec,Mag\r\nSirius,101.287,-16.716,-1.46\r\n\r\nCanopus,95.988,-52.696,-0.74\r\n'],
    ['tabs in another order', 'b.tsv', 'mag\tdec\tra\n-1.46\t-16.716\t101.287\n-0.74\t-52.696\t95.988'],
    ['semicolons after a byte order mark', 'c.csv', '\uFEFFra;dec;mag\n101.287;-16.716;-1.46\n95.988;-52.696;-0.74\n'],
    [
      'JSON',
      'd.json',
      '[{"ra":101.287,"dec":-16.716,"mag":-1.46,"name":"Sirius"},{"ra":95.988,"dec":-52.696,"mag":-0.74}]',
    ],
  ])('is read from %s', async (_, name, text) => {
    expect(await stars.readCatalogue(write(name, text))).toEqual([SIRIUS, CANOPUS]);
  });

  it.each<[string, string, string, RegExp]>([
    ['without magnitudes', 'e.csv', 'ra,dec\n1,2\n', /no column mag in its first line/],
    ['that is empty', 'f.csv', '', /no column ra, dec, mag/],
    ['with a word for a number', 'g.csv', 'ra,dec,mag\n1,2,3\n1,north,3\n', /dec of .*g\.csv, line 3/],
    ['with a cell that is missing', 'h.csv', 'ra,dec,mag\n1,2\n', /mag of .*, line 2/],
    ['beyond the pole', 'i.csv', 'ra,dec,mag\n1,91,3\n', /dec of .*line 2/],
    ['that is no JSON', 'j.json', '[{', /is no JSON/],
    ['of one star without an array', 'k.json', '{"ra":1,"dec":2,"mag":3}', /holds no array/],
    ['with an entry that is nothing', 'l.json', '[null]', /ra of .*entry 1/],
  ])('%s is refused, saying where', async (_, name, text, message) => {
    const error: unknown = await stars.readCatalogue(write(name, text)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).message).toMatch(message);
  });

  it('that does not exist is refused', async () => {
    await expect(stars.readCatalogue(folder.path('none.csv'))).rejects.toThrow(/Cannot read the catalogue .*none\.csv/);
  });
});

describe('a field of a catalogue', () => {
  const camera = new stars.Camera({ width: 201, height: 101, focalPx: 1000 });
  const project = (star: { raDegrees: number; decDegrees: number }, pointing: stars.Pointing): stars.Star =>
    stars.projectCatalogue([{ ...star, magnitude: 5 }], camera, { pointing })[0]!;
  const degree = 1000 * Math.tan(Math.PI / 180);

  it.each([
    [0, 0],
    [123, 45],
    [300, -70],
  ])('has north up and east on the left, looking at %f, %f', (ra, dec) => {
    expect(project({ raDegrees: ra, decDegrees: dec }, { raDegrees: ra, decDegrees: dec })).toMatchObject({
      x: expect.closeTo(100, 6) as number,
      y: expect.closeTo(50, 6) as number,
    });
    expect(project({ raDegrees: ra, decDegrees: dec + 1 }, { raDegrees: ra, decDegrees: dec })).toMatchObject({
      x: expect.closeTo(100, 6) as number,
      y: expect.closeTo(50 - degree, 6) as number,
    });
    const east = project({ raDegrees: ra + 1, decDegrees: dec }, { raDegrees: ra, decDegrees: dec });
    expect(east.x).toBeCloseTo(100 - degree * Math.cos((dec * Math.PI) / 180), 0);
    // The camera turned clockwise by 90 degrees has north on its left.
    expect(
      project({ raDegrees: ra, decDegrees: dec + 1 }, { raDegrees: ra, decDegrees: dec, rollDegrees: 90 }),
    ).toMatchObject({
      x: expect.closeTo(100 - degree, 6) as number,
      y: expect.closeTo(50, 6) as number,
    });
  });

  it('has the attitude that its stars tell', () => {
    const pointing = { raDegrees: 30, decDegrees: 20, rollDegrees: 15 };
    const catalogue = [
      [30, 20],
      [31, 21],
      [28, 19.5],
    ].map(([ra, dec]) => ({ raDegrees: ra!, decDegrees: dec!, magnitude: 3 }));
    const pairs = stars.projectCatalogue(catalogue, camera, { pointing }).map(({ x, y }, index) => ({
      sensor: camera.direction(x, y),
      reference: stars.skyDirection(catalogue[index]!.raDegrees, catalogue[index]!.decDegrees),
    }));
    const { matrix } = stars.solveAttitude(pairs);
    stars.pointingMatrix(pointing).forEach((row, i) => {
      row.forEach((value, j) => {
        expect(matrix[i]![j]).toBeCloseTo(value, 9);
      });
    });
  });

  it('has fluxes by magnitude, and neither faint nor far stars', () => {
    const catalogue = [
      { raDegrees: 10, decDegrees: 0, magnitude: 0 },
      { raDegrees: 10.1, decDegrees: 0, magnitude: 5 },
      { raDegrees: 10, decDegrees: 0.1, magnitude: 6.1 },
      { raDegrees: 190, decDegrees: 0, magnitude: 1 },
      { raDegrees: 60, decDegrees: 0, magnitude: 1 },
    ];
    const found = stars.projectCatalogue(catalogue, camera, {
      pointing: { raDegrees: 10, decDegrees: 0 },
      zeroFlux: 1e6,
      faintest: 6,
    });
    expect(found.map(({ flux }) => flux)).toEqual([1e6, expect.closeTo(1e4, 3)]);
    const { stars: truth } = stars.simulate({ width: 201, height: 101, stars: found });
    expect(truth).toEqual(found);
  });

  it('needs a place to look at', () => {
    expect(() => stars.projectCatalogue([], camera, { pointing: { raDegrees: 0, decDegrees: Number.NaN } })).toThrow(
      /pointing.dec/,
    );
  });
});
