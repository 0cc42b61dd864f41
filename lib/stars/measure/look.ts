import { disk } from '../../psf/shapes.js';
import { motion as drawMotion } from '../../psf/motion.js';
import type { Psf } from '../../psf/psf.js';
import { estimateDefocus } from './blind-defocus.js';
import type { BlindDefocus } from './blind-defocus.js';
import { estimateMotion } from './blind-motion.js';
import type { BlindMotion } from './blind-motion.js';
import { chordOf, tracePath } from '../sky/motion-path.js';
import type { NativeOptions } from './native.js';
import type { StarSettings } from '../options.js';
import { estimatePaperMotion } from './paper-motion.js';
import { pathPsf } from '../restore/path-psf.js';
import type { StarPlane } from './plane.js';
import { DefocusProfile, StreakProfile } from './profile.js';
import { refineRates } from '../sky/refine-rates.js';
import type { StarProfile } from './profile.js';

/** Width of a sharp star until the frame tells it. */
const USUAL_SIGMA = 1.2;
/** Rates that miss the frame's own trail by more than this are reported. */
const [LENGTH_TOLERANCE, ANGLE_TOLERANCE] = [1.5, 4];
/** Longer trails do not fit kernels. */
const MOST_TRAIL = 400;

/** What stars of a frame look like, and what makes them look so. */
export interface StarLook {
  readonly profile: StarProfile;
  /** Whether the profile is the fit of this frame's stars already. */
  readonly isFitted: boolean;
  /** The kernel that is to be undone at a place; null where there is none. */
  readonly psfAt: ((x: number, y: number) => Psf) | null;
  readonly blindMotion: BlindMotion | null;
  readonly blindDefocus: BlindDefocus | null;
  /** What the user should know, such as an estimate that was declined. */
  readonly warnings: readonly string[];
}

/** Finds out, or takes from the options, how stars are blurred. */
export async function findLook(plane: StarPlane, settings: StarSettings, options: NativeOptions): Promise<StarLook> {
  const { motion, defocus } = settings;
  if (defocus !== null) return defocusedLook(plane, defocus, options);
  if (motion === 'none') return sharpLook(null, []);
  if (motion === 'auto') return blindLook(await estimateMotion(plane, options));
  if (motion === 'paper') {
    const { signal: _, ...engine } = options;
    return { ...blindLook(await estimatePaperMotion(plane, engine)), isFitted: false };
  }
  if (!('camera' in motion)) return straightLook(motion.length, motion.angle);
  const { camera, ...gyro } = motion;
  const chord = chordOf(tracePath(camera, gyro, (plane.width - 1) / 2, (plane.height - 1) / 2));
  const blind = await estimateMotion(plane, options);
  const warnings = blind.declined === null ? compare(chord, blind) : [];
  // What the frame shows is what must be undone.
  if (warnings.length > 0)
    return { ...straightLook(blind.length, blind.angle, blind.sigma), blindMotion: blind, isFitted: true, warnings };
  if (blind.declined !== null)
    return {
      ...straightLook(chord.length, chord.angle),
      psfAt: (x, y) => pathPsf(camera, gyro, x, y),
      blindMotion: blind,
    };
  const refined = refineRates(camera, gyro, chord, blind);
  return { ...blindLook(blind), psfAt: (x, y) => pathPsf(camera, refined, x, y) };
}

interface Trail {
  /** Pixels, degrees. */
  readonly length: number;
  readonly angle: number;
}

/** Whether a trail that was foretold is another than the one seen. */
export function missesTrail(foretold: Trail, seen: Trail): boolean {
  const turn = foretold.angle - seen.angle;
  return (
    Math.abs(foretold.length - seen.length) > LENGTH_TOLERANCE ||
    Math.abs(turn - 180 * Math.round(turn / 180)) > ANGLE_TOLERANCE
  );
}

function compare(chord: Trail, blind: BlindMotion): string[] {
  if (!missesTrail(chord, blind)) return [];
  return [
    `the rates give a trail of ${chord.length.toFixed(1)} pixels at ${chord.angle.toFixed(1)} degrees, the frame shows ${blind.length.toFixed(1)} at ${blind.angle.toFixed(1)}, which is used: check rates, mounting and axes`,
  ];
}

/** Stars without any blur to be undone. */
export function sharpLook(blindMotion: BlindMotion | null, warnings: string[]): StarLook {
  return {
    profile: new StreakProfile({ length: 0, angle: 0, sigma: USUAL_SIGMA }),
    isFitted: false,
    psfAt: null,
    blindMotion,
    blindDefocus: null,
    warnings,
  };
}

/** Trails of a known length and angle. */
export function straightLook(length: number, degrees: number, sigma = USUAL_SIGMA): StarLook {
  const psf = drawMotion(Math.min(length, MOST_TRAIL), degrees);
  const profile = new StreakProfile({ length, angle: (degrees * Math.PI) / 180, sigma });
  return { profile, isFitted: false, psfAt: () => psf, blindMotion: null, blindDefocus: null, warnings: [] };
}

function blindLook(blind: BlindMotion): StarLook {
  if (blind.declined === null)
    return {
      ...straightLook(blind.length, blind.angle, Math.min(10, Math.max(0.3, blind.sigma))),
      blindMotion: blind,
      isFitted: true,
    };
  return sharpLook(blind, [`no trail: ${blind.declined}; stars are taken for sharp`]);
}

async function defocusedLook(plane: StarPlane, defocus: number | 'auto', options: NativeOptions): Promise<StarLook> {
  const blind = defocus === 'auto' ? await estimateDefocus(plane, options) : null;
  if (blind !== null && blind.declined !== null)
    return { ...sharpLook(null, [`no defocus: ${blind.declined}; stars are taken for sharp`]), blindDefocus: blind };
  const [radius, sigma] = blind === null ? [defocus as number, USUAL_SIGMA] : [blind.radius, blind.sigma];
  return { ...diskLook(radius, sigma), isFitted: blind !== null, blindDefocus: blind };
}

/** Disks of a known radius. */
export function diskLook(radius: number, sigma: number): StarLook {
  const psf = disk(radius);
  return {
    profile: new DefocusProfile(radius, sigma),
    isFitted: false,
    psfAt: () => psf,
    blindMotion: null,
    blindDefocus: null,
    warnings: [],
  };
}
