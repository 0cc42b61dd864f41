import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stars } from '../lib/index.js';
import { createRandom } from '../lib/math/random.js';
import { packStars } from '../lib/stars/sky/star-table.js';
import type { TableStar } from '../lib/stars/sky/star-table.js';
import { bruteForce } from './support/brute-identify.js';
import { rotationBetween, simulateScene } from './support/star-scenes.js';

/** 65 degrees wide: it sees several of a few stars. */
const camera = new stars.Camera({ width: 1024, height: 768, focalPx: 800 });
const EPOCH = 2000;
const SIGMA_PX = 0.2;
const LIMITS = { timeoutMs: 1e9, mostHypotheses: 2e6 } as const;
const folder = mkdtempSync(join(tmpdir(), 'perifocal-triangles-'));
afterAll(() => rmSync(folder, { recursive: true }));

function randomStars(count: number, seed: number): TableStar[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, number) => ({
    number,
    raDegrees: 360 * random(),
    decDegrees: (Math.asin(2 * random() - 1) * 180) / Math.PI,
    eastMasPerYear: 0,
    northMasPerYear: 0,
    magnitude: 1 + 5 * random(),
    colour: 0.5,
  }));
}

async function catalogueOf(name: string, table: readonly TableStar[]): Promise<stars.StarCatalogue> {
  const path = join(folder, `${name}.bin`);
  const sorted = [...table].sort((a, b) => a.magnitude - b.magnitude);
  await writeFile(path, packStars(sorted, { name: 'T', epochYear: EPOCH }));
  return await stars.StarCatalogue.read(path);
}

const directionsOf = (catalogue: stars.StarCatalogue): stars.Vector[] =>
  Array.from({ length: catalogue.count }, (_, index) => catalogue.direction(index));
const sizeOf = (rotation: stars.Vector): number => Math.hypot(...rotation);

describe('a search over all triangles', () => {
  it.each([0, 2])('agrees with the search by an index, with %i false stars', async (falseStars) => {
    const catalogue = await catalogueOf(`some-${falseStars}`, randomStars(120, 1));
    await using identifier = await stars.StarIdentifier.open({ camera, catalogue, epochYear: EPOCH });
    const tolerance = (4 * SIGMA_PX) / camera.focalPx;
    let solved = 0;
    for (let seed = 0; seed < 5; seed += 1) {
      const scene = { camera, seed, count: 8, falseStars, sigmaPx: SIGMA_PX, epochYear: EPOCH };
      const { seen } = simulateScene(catalogue, scene);
      const directions = seen.map(({ x, y }) => camera.direction(x, y));
      const best = bruteForce(directions, directionsOf(catalogue), tolerance);
      const found = await identifier.identify(seen, LIMITS);
      if (found.status === 'declined') {
        expect(best?.matched ?? 0).toBeLessThan(6);
        continue;
      }
      solved += 1;
      expect(sizeOf(rotationBetween(best!.matrix, found.attitude.matrix))).toBeLessThan(8 * tolerance);
      expect(found.matches.length).toBeGreaterThanOrEqual(best!.matched - 1);
    }
    expect(solved).toBeGreaterThanOrEqual(4);
  });

  it('agrees that a frame in a mirror is none', async () => {
    const catalogue = await catalogueOf('mirror', randomStars(120, 2));
    const axes: stars.AxisMatrix = [
      [-1, 0],
      [0, 1],
    ];
    const mirror = new stars.Camera({ width: 1024, height: 768, focalPx: 800, axes });
    await using normal = await stars.StarIdentifier.open({ camera, catalogue, epochYear: EPOCH });
    await using unknown = await stars.StarIdentifier.open({
      camera,
      catalogue,
      epochYear: EPOCH,
      handedness: 'unknown',
    });
    for (let seed = 0; seed < 2; seed += 1) {
      const scene = { camera: mirror, seed, count: 8, sigmaPx: SIGMA_PX, epochYear: EPOCH };
      const { seen, matrix } = simulateScene(catalogue, scene);
      const directions = seen.map(({ x, y }) => camera.direction(x, y));
      expect(bruteForce(directions, directionsOf(catalogue), 4e-4)?.matched ?? 0).toBeLessThan(5);
      expect((await normal.identify(seen, LIMITS)).status).toBe('declined');
      const found = await unknown.identify(seen, LIMITS);
      if (found.status === 'declined') throw new Error(found.reason);
      expect(found.isMirrored).toBe(true);
      expect(sizeOf(rotationBetween(matrix, found.attitude.matrix))).toBeLessThan(2e-3);
    }
  });
});

describe('a catalogue', () => {
  it('may hold stars twice, and doubles', async () => {
    const once = randomStars(120, 3);
    const twice = once.map((star) => ({ ...star, number: star.number + 1000 }));
    const close = once.map((star) => ({
      ...star,
      number: star.number + 2000,
      decDegrees: star.decDegrees * (1 - 1e-4),
      magnitude: star.magnitude + 1,
    }));
    const [single, double] = [
      await catalogueOf('once', once),
      await catalogueOf('double', [...once, ...twice, ...close]),
    ];
    await using identifier = await stars.StarIdentifier.open({ camera, catalogue: double, epochYear: EPOCH });
    for (let seed = 0; seed < 6; seed += 1) {
      const { seen, matrix } = simulateScene(single, { camera, seed, count: 8, sigmaPx: SIGMA_PX, epochYear: EPOCH });
      const found = await identifier.identify(seen, LIMITS);
      if (found.status === 'declined') throw new Error(found.reason);
      expect(sizeOf(rotationBetween(matrix, found.attitude.matrix))).toBeLessThan(2e-3);
      const ids = found.matches.map(({ star }) => star.id);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it.each([0, 1, 2, 3])('may have %i stars: nothing fits', async (count) => {
    const catalogue = await catalogueOf(`of-${count}`, randomStars(count, 4));
    await using identifier = await stars.StarIdentifier.open({ camera, catalogue, epochYear: EPOCH });
    const seen = Array.from({ length: 6 }, (_, i) => ({ x: 100 * i + 50, y: 90 * i + 7 * i * i, flux: 1 + i }));
    expect(await identifier.identify(seen, LIMITS)).toMatchObject({ status: 'declined', reason: 'nothing-fits' });
  });
});
