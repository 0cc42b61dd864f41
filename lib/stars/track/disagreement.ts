import type { Camera } from '../sky/camera.js';
import { chordOf, tracePath } from '../sky/motion-path.js';
import type { GyroMotion } from '../sky/motion-path.js';
import { StreakProfile } from '../measure/profile.js';
import type { StarProfile } from '../measure/profile.js';
import { SHORTEST_TRAIL } from '../measure/blind-motion.js';
import type { StarTrack } from './tracks.js';

/** How rates differ from what the frame shows. */
export interface RateDisagreement {
  /** Trail of the rates less that of the stars, in pixels. */
  readonly length: number;
  /** The same in degrees, from -90 to 90; null for trails too short to have a direction. */
  readonly angle: number | null;
  /** Root mean square distance in pixels of stars from where the rates take them since the frame before; null without interval or common stars. */
  readonly shift: number | null;
}

interface Comparison {
  readonly camera: Camera;
  readonly gyro: GyroMotion;
  readonly interval: number | undefined;
  readonly profile: StarProfile | null;
  /** Tracks of the frame before, and of this one. */
  readonly before: readonly StarTrack[];
  readonly after: readonly StarTrack[];
}

/** Null where no star tells anything. */
export function compareRates({ camera, gyro, interval, profile, before, after }: Comparison): RateDisagreement | null {
  if (!(profile instanceof StreakProfile)) return null;
  const chord = chordOfRates(camera, gyro, camera);
  const [length, radians] = profile.shape;
  const turn = chord.angle - (radians * 180) / Math.PI;
  const isDirected = Math.min(length, chord.length) >= SHORTEST_TRAIL;
  return {
    length: chord.length - length,
    angle: isDirected ? turn - 180 * Math.round(turn / 180) : null,
    shift: shiftOf(camera, gyro, interval, before, after),
  };
}

/** The trail in the middle of a frame as rates foretell it. */
export function chordOfRates(
  camera: Camera,
  gyro: GyroMotion,
  { width, height }: { readonly width: number; readonly height: number },
): ReturnType<typeof chordOf> {
  return chordOf(tracePath(camera, gyro, (width - 1) / 2, (height - 1) / 2));
}

function shiftOf(
  camera: Camera,
  gyro: GyroMotion,
  interval: number | undefined,
  before: readonly StarTrack[],
  after: readonly StarTrack[],
): number | null {
  if (interval === undefined) return null;
  const squares = after.flatMap(({ id, x, y, star }) => {
    const old = before.find((track) => track.id === id);
    if (star === null || !old || old.star === null) return [];
    const [dx, dy] = tracePath(camera, { ...gyro, exposure: interval }, old.x, old.y, 'start').at(-1)!;
    return [(old.x + dx - x) ** 2 + (old.y + dy - y) ** 2];
  });
  return squares.length === 0 ? null : Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}
