import { describe, expect, it } from 'vitest';
import { ArgumentError, StateError, stars } from '../lib/index.js';
import { fitMotion, move, voteShift } from '../lib/stars/track/transform.js';

const SIZE = { width: 400, height: 300 };
const FIELD: stars.Star[] = [
  { x: 60, y: 60, flux: 30_000 },
  { x: 150, y: 220, flux: 25_000 },
  { x: 220, y: 90, flux: 20_000 },
  { x: 300, y: 200, flux: 18_000 },
  { x: 340, y: 80, flux: 15_000 },
  { x: 90, y: 150, flux: 12_000 },
];

const shifted = (dx: number, dy: number, field = FIELD): stars.Star[] =>
  field.map((star) => ({ ...star, x: star.x + dx, y: star.y + dy }));
const motion = { lengthPx: 10, angleDegrees: 25 };
const expose = (
  field: readonly stars.Star[],
  seed: number,
  options: Partial<stars.SimulateOptions> = {},
): stars.SimulatedFrame['frame'] => stars.simulate({ ...SIZE, stars: field, motion, seed, ...options }).frame;

/** Root mean square distance of tracks from the truth, track by track. */
function errorOf(tracks: readonly stars.StarTrack[], truth: readonly stars.Star[]): number {
  const squares = truth.map((star) => Math.min(...tracks.map(({ x, y }) => (x - star.x) ** 2 + (y - star.y) ** 2)));
  return Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length);
}

describe('a sequence', () => {
  it('is followed: first frames are searched, later ones where stars are expected, with the same tracks', async () => {
    await using tracker = await stars.StarTracker.open({ electronsPerCount: 1, method: 'none' });
    const ids = new Set<number>();
    for (let index = 0; index < 5; index += 1) {
      const truth = shifted(6 * index, -3 * index);
      const { mode, tracks, motion: moved } = await tracker.next(expose(truth, index + 1));
      expect(mode).toBe(index === 0 ? 'acquired' : 'tracked');
      expect(tracks).toHaveLength(FIELD.length);
      expect(errorOf(tracks, truth)).toBeLessThan(0.2);
      tracks.forEach(({ id }) => {
        ids.add(id);
      });
      if (index > 0)
        expect([moved!.dx, moved!.dy, moved!.sin]).toEqual([
          expect.closeTo(6, 0),
          expect.closeTo(-3, 0),
          expect.closeTo(0, 2),
        ]);
    }
    expect(ids.size).toBe(FIELD.length);
  });

  it('that jumps is searched, and its tracks are found by the shift that most stars agree on', async () => {
    await using tracker = await stars.StarTracker.open({ electronsPerCount: 1, method: 'none' });
    const first = await tracker.next(expose(FIELD, 1));
    const second = await tracker.next(expose(shifted(31, 24), 2));
    expect(second.mode).toBe('acquired');
    expect(second.tracks.map(({ id }) => id).sort()).toEqual(first.tracks.map(({ id }) => id).sort());
    const third = await tracker.next(
      expose(
        shifted(62, 48).filter(({ x, y }) => x < 395 && y < 295),
        3,
      ),
    );
    expect(third.mode).toBe('tracked');
  });

  it('keeps a track while its star is hidden, and ends it after that', async () => {
    await using tracker = await stars.StarTracker.open({ electronsPerCount: 1, method: 'none', patienceFrames: 2 });
    const seen: (number | undefined)[] = [];
    for (let index = 0; index < 6; index += 1) {
      const isHidden = index >= 2;
      const { tracks } = await tracker.next(
        expose(shifted(4 * index, 0, isHidden ? FIELD.slice(1) : FIELD), index + 1),
      );
      const hidden = tracks.find(({ x, y }) => Math.hypot(x - FIELD[0]!.x - 4 * index, y - FIELD[0]!.y) < 3);
      seen.push(hidden?.missed);
      if (isHidden && hidden) expect(hidden.star).toBeNull();
    }
    expect(seen).toEqual([0, 0, 1, 2, undefined, undefined]);
  });

  it('goes on after a frame without stars', async () => {
    await using tracker = await stars.StarTracker.open({ electronsPerCount: 1, method: 'none' });
    const { tracks: before } = await tracker.next(expose(FIELD, 1));
    const { mode, tracks, result, motion: moved } = await tracker.next(expose([], 2));
    expect({ mode, stars: result.stars, moved }).toEqual({ mode: 'acquired', stars: [], moved: null });
    expect(tracks.map(({ missed }) => missed)).toEqual(FIELD.map(() => 1));
    const after = await tracker.next(expose(shifted(2, 2), 3));
    expect(after.tracks.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
  });

  it('finds new stars when the whole frame is searched again', async () => {
    await using tracker = await stars.StarTracker.open({ electronsPerCount: 1, method: 'none', refreshFrames: 2 });
    const modes: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      const { mode, tracks } = await tracker.next(expose(index === 0 ? FIELD.slice(1) : FIELD, index + 1));
      modes.push(`${mode} ${tracks.length}`);
    }
    expect(modes).toEqual(['acquired 5', 'tracked 5', 'tracked 5', 'acquired 6', 'tracked 6']);
  });

  it('is restored as single frames are', async () => {
    await using tracker = await stars.StarTracker.open({
      electronsPerCount: 1,
      method: 'richardson-lucy',
      iterations: 'converged',
    });
    await tracker.next(expose(FIELD, 1));
    const frame = expose(shifted(5, 0), 2);
    const { mode, result } = await tracker.next(frame);
    expect(mode).toBe('tracked');
    const most = (data: ArrayLike<number>): number =>
      Array.from(data).reduce((largest, value) => Math.max(largest, value), 0);
    expect(most(result.frame.data)).toBeGreaterThan(2 * most(frame.data));
    expect(result.report.windows.length).toBeGreaterThan(0);
  });
});

describe('rates', () => {
  const camera = new stars.Camera({ ...SIZE, focalPx: 2000 });
  const gyro = { ratesRadPerSecond: [0.03, -0.05, 0.02] as const, exposureSeconds: 0.1 };
  const interval = 0.4;
  const advance = (field: readonly stars.Star[]): stars.Star[] =>
    field
      .map((star) => {
        const [dx, dy] = stars
          .tracePath(camera, { ...gyro, exposureSeconds: interval }, star.x, star.y, 'start')
          .at(-1)!;
        return { ...star, x: star.x + dx, y: star.y + dy };
      })
      .filter(({ x, y }) => x > 12 && y > 12 && x < 388 && y < 288);

  it('tell where stars will be, far beyond the reach', async () => {
    await using tracker = await stars.StarTracker.open({ electronsPerCount: 1, method: 'none', camera, reachPx: 4 });
    let field: stars.Star[] = FIELD;
    for (let index = 0; index < 3; index += 1) {
      const { mode, tracks, disagreement } = await tracker.next(
        expose(field, index + 1, { motion: { ...gyro, camera } }),
        { gyro, intervalSeconds: interval },
      );
      expect(mode).toBe(index === 0 ? 'acquired' : 'tracked');
      expect(errorOf(tracks, field)).toBeLessThan(0.2);
      expect(Math.abs(disagreement!.lengthPx)).toBeLessThan(0.5);
      expect(Math.abs(disagreement!.angleDegrees!)).toBeLessThan(2);
      if (index > 0) expect(disagreement!.shiftPx!).toBeLessThan(0.3);
      field = advance(field);
    }
  });

  it('that are 5 % wrong are measured', async () => {
    await using tracker = await stars.StarTracker.open({ electronsPerCount: 1, method: 'none', camera });
    const wrong = {
      ...gyro,
      ratesRadPerSecond: gyro.ratesRadPerSecond.map((rate) => 1.05 * rate) as unknown as stars.Vector,
    };
    await tracker.next(expose(FIELD, 1, { motion: { ...gyro, camera } }), { gyro: wrong, intervalSeconds: interval });
    const { disagreement, mode } = await tracker.next(expose(advance(FIELD), 2, { motion: { ...gyro, camera } }), {
      gyro: wrong,
      intervalSeconds: interval,
    });
    expect(mode).toBe('tracked');
    const speed = 2000 * Math.hypot(0.03, 0.05);
    expect(Math.abs(disagreement!.lengthPx - 0.05 * speed * gyro.exposureSeconds)).toBeLessThan(0.4);
    expect(Math.abs(disagreement!.shiftPx! / (0.05 * speed * interval) - 1)).toBeLessThan(0.25);
  });

  it('that stop showing the motion are found out', async () => {
    await using tracker = await stars.StarTracker.open({ electronsPerCount: 1, method: 'none', camera });
    const frame = expose(FIELD, 1, { motion: { ...gyro, camera } });
    const still = { ...gyro, ratesRadPerSecond: [0, 0, 0] as const };
    const [first, ...later] = [
      await tracker.next(frame, { gyro }),
      await tracker.next(frame, { gyro: still }),
      await tracker.next(frame, { gyro: still }),
    ];
    for (const { disagreement, result, tracks } of later) {
      expect(disagreement!.lengthPx).toBeLessThan(-10);
      expect(result.report.warnings.join()).toMatch(/check rates, mounting and axes/);
      expect(errorOf(tracks, FIELD)).toBeLessThan(0.2);
      expect(result.stars[0]!.flux / first.result.stars[0]!.flux).toBeCloseTo(1, 1);
    }
  });
});

describe('a tracker', () => {
  it('knows where it looks, with a catalogue', async () => {
    const catalogue = await stars.StarCatalogue.packaged();
    const camera = new stars.Camera({ width: 640, height: 480, focalPx: 1800 });
    const known = Array.from({ length: 3000 }, (_, index) => catalogue.star(index, 2026));
    const identify = { camera, epochYear: 2026 };
    await using tracker = await stars.StarTracker.open({ electronsPerCount: 1, method: 'none', identify });
    for (const step of [0, 1, 2]) {
      const pointing = { raDegrees: 84 + 0.02 * step, decDegrees: 0, rollDegrees: 30 };
      const field = stars.projectCatalogue(known, camera, { pointing, zeroFlux: 3e6 });
      const { frame } = stars.simulate({ width: 640, height: 480, stars: field, seed: step + 1 });
      const interval = step === 0 ? {} : { intervalSeconds: 0.1 };
      const { attitude } = await tracker.next(frame, interval);
      expect(attitude?.mode).toBe(step === 0 ? 'identified' : 'tracked');
      expect(attitude?.solution?.pointing.raDegrees).toBeCloseTo(pointing.raDegrees, 2);
      expect(attitude?.turn === null).toBe(step === 0);
    }
  });

  it('refuses what it cannot use, and keeps its tracks', async () => {
    await using tracker = await stars.StarTracker.open({ method: 'none' });
    await tracker.next(expose(FIELD, 1));
    await expect(tracker.next(stars.simulate({ width: 64, height: 64 - 1, stars: 1 }).frame)).rejects.toThrow(
      /frames of 400x300 pixels, this one has 64x63/,
    );
    await expect(
      tracker.next(expose(FIELD, 1), { gyro: { ratesRadPerSecond: [0, 0, 1], exposureSeconds: 1 } }),
    ).rejects.toThrow(/need a camera/);
    await expect(tracker.next(expose(FIELD, 1), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
    expect((await tracker.next(expose(FIELD, 2))).mode).toBe('tracked');
  });

  it.each<[string, object, RegExp]>([
    ['rates', { motion: { ratesRadPerSecond: [0, 0, 1], exposureSeconds: 1 } }, /Give rates with every frame/],
    ['no reach', { reachPx: 0 }, /for reachPx/],
    ['a camera that is none', { camera: 'wide' }, /Expected Camera or { focalPx } for camera/],
    ['a camera without focal length', { camera: {} }, /for focalPx/],
    ['an unknown option', { blur: 1 }, /Unknown blur/],
    ['motion and defocus', { motion: 'auto', defocus: { radiusPx: 3 } }, /either motion or defocus/],
  ])('is not opened with %s', async (_, options, message) => {
    const error: unknown = await stars.StarTracker.open(options as stars.StarTrackerOptions).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).message).toMatch(message);
  });

  it('works on one frame at a time, until it is disposed', async () => {
    const tracker = await stars.StarTracker.open({ method: 'none' });
    const frame = expose(FIELD, 1);
    const running = tracker.next(frame).catch((reason: unknown) => reason);
    const second = tracker.next(frame).catch((reason: unknown) => reason);
    await tracker.dispose();
    expect(await second).toMatchObject({
      message: expect.stringMatching(/busy with another frame; one tracker/) as string,
    });
    expect(await running).toBeInstanceOf(StateError);
    await expect(tracker.next(expose(FIELD, 1))).rejects.toThrow(/is disposed/);
  });
});

describe('the motion of a field', () => {
  const turn = { cos: Math.cos(0.02), sin: Math.sin(0.02), dx: 5, dy: -3 };

  it('is fitted exactly to a turned field', () => {
    const found = fitMotion(FIELD.map((star) => [star, move(turn, star)]))!;
    for (const key of ['cos', 'sin', 'dx', 'dy'] as const) expect(found[key]).toBeCloseTo(turn[key], 9);
    expect(fitMotion([])).toBeNull();
  });

  it('is voted for by most of the stars, or by none', () => {
    expect(voteShift(FIELD, [...shifted(40, -20).slice(1), { x: 5, y: 5 }])).toMatchObject({
      dx: expect.closeTo(40) as number,
      dy: expect.closeTo(-20) as number,
    });
    expect(
      voteShift(FIELD, [
        { x: 1, y: 2 },
        { x: 150, y: 3 },
        { x: 390, y: 290 },
      ]),
    ).toBeNull();
  });
});
