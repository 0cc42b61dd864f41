import { disk } from '../../psf/shapes.js';
import { motion as drawMotion } from '../../psf/motion.js';
import type { Psf } from '../../psf/psf.js';
import type { Scope } from '../../runtime/scope.js';
import { foldDegrees, toRad } from '../sky/angles.js';
import { cameraFor } from '../sky/camera.js';
import { foretellTrail } from '../sky/motion-path.js';
import { pathPsf } from '../sky/path-psf.js';
import { refineRates } from '../sky/refine-rates.js';
import type { Place } from '../sky/place.js';
import type { StraightMotion } from '../sky/trail.js';
import { estimateDefocus } from './blind-defocus.js';
import type { BlindDefocus } from './blind-defocus.js';
import { estimateMotion, searchTrail } from './blind-motion.js';
import type { BlindMotion, TrailEvidence } from './blind-motion.js';
import type { BlurSettings, CameraMotion } from './blur-settings.js';
import { decideLook } from './decide-look.js';
import type { LookDecision } from './decide-look.js';
import { estimatePaperMotion } from './paper-motion.js';
import type { StarPlane } from './plane.js';
import { DefocusProfile, StreakProfile, usualSigma } from './profile.js';
import type { StarProfile } from './profile.js';

/** Width of a sharp star until the frame tells it. */
const USUAL_SIGMA_PX = 1.2;
/** Trails of wider stars than this are not beyond doubt: these may be disks that moved. */
const WIDEST_CLEAR_PX = 1.8;
/** Stars that tell a look without doubt, how well they fit, and what part of the brightest places they explain. */
const LEAST_STARS = 3;
const CLEAR_MISFIT = 0.1;
const LEAST_EXPLAINED = 0.4;
/** Rates that miss the frame's own trail by more than this are reported. */
const LENGTH_TOLERANCE_PX = 1.5;
const ANGLE_TOLERANCE_DEGREES = 4;
/** Longer trails do not fit kernels. */
const MOST_TRAIL_PX = 400;

/** What stars of a frame look like, and what makes them look so. */
export interface StarLook {
  readonly profile: StarProfile;
  /** Whether the profile is the fit of this frame's stars already. */
  readonly isFitted: boolean;
  /** The kernel that is to be undone at a place; null where there is none. */
  readonly psfAt: ((x: number, y: number) => Psf) | null;
  readonly blindMotion: BlindMotion | null;
  readonly blindDefocus: BlindDefocus | null;
  /** Why it is this look, where the frame told it. */
  readonly decision: LookDecision | null;
  /** What the user should know, such as an estimate that was declined. */
  readonly warnings: readonly string[];
}

/** Finds out, or takes from what is known, how stars are blurred. */
export async function findLook(plane: StarPlane, { motion, defocus }: BlurSettings, scope: Scope): Promise<StarLook> {
  if (defocus !== null) return defocusedLook(plane, defocus, scope);
  if (motion === 'none') return sharpLook();
  if (motion === 'auto') return anyLook(plane, scope);
  if (motion === 'paper') return { ...blindLook(await estimatePaperMotion(plane, scope)), isFitted: false };
  return 'camera' in motion ? cameraLook(plane, motion, scope) : straightLook(motion);
}

/** The look that the frame tells. Where its trail is beyond doubt, nothing else is tried. */
async function anyLook(plane: StarPlane, scope: Scope): Promise<StarLook> {
  const evidence = await searchTrail(plane, scope);
  const clear = clearLook(evidence);
  if (clear !== null) return clear;
  const decided = await decideLook(plane, evidence, scope);
  if (decided === null) return blindLook(evidence.blind);
  const { profile, motion, defocus, decision } = decided;
  if (motion !== null) return { ...blindLook(motion), decision };
  const warnings = evidence.blind.declined === null ? [] : blindLook(evidence.blind).warnings;
  if (defocus !== null)
    return { ...diskLook(defocus.radiusPx, defocus.sigmaPx), isFitted: true, blindDefocus: defocus, decision };
  return { ...sharpLook(), profile, blindMotion: evidence.blind, decision, warnings };
}

/** Of trails, or sharp stars, that nothing bright contradicts; null where there is doubt. */
function clearLook({ blind, seen, stars }: TrailEvidence): StarLook | null {
  if (blind.declined !== null || stars.length < LEAST_STARS || blind.sigmaPx > WIDEST_CLEAR_PX) return null;
  if (stars.some((star) => star.misfit > CLEAR_MISFIT)) return null;
  const trail = StreakProfile.ofTrail(blind, usualSigma(blind.sigmaPx));
  const share = explainedShare(seen, stars, trail);
  if (share < LEAST_EXPLAINED) return null;
  const reason = `trails explain ${Math.round(100 * share)} % of the bright places`;
  return { ...blindLook(blind), decision: { kind: 'trail', reason, runnerUp: null } };
}

/** Of the brightest places, the part that lies on trails. @param stars that have the trail for sure */
function explainedShare(seen: readonly Place[], stars: readonly Place[], { reachPx, trail }: StreakProfile): number {
  const bright = seen.slice(0, 2 * stars.length);
  const angle = toRad(trail.angleDegrees);
  const isOn = (place: Place): boolean =>
    stars.some((star) => {
      const [dx, dy] = [place.x - star.x, place.y - star.y];
      const across = dx * Math.sin(angle) + dy * Math.cos(angle);
      return Math.hypot(dx, dy) < reachPx && Math.abs(across) < reachPx - trail.lengthPx / 2;
    });
  return bright.filter(isOn).length / Math.max(1, bright.length);
}

/** Trails of a turning camera, as far as the frame agrees. */
async function cameraLook(plane: StarPlane, { camera: lens, ...gyro }: CameraMotion, scope: Scope): Promise<StarLook> {
  const camera = cameraFor(lens, plane);
  const foretold = foretellTrail(camera, gyro, plane);
  const blind = await estimateMotion(plane, scope);
  if (blind.declined !== null) {
    const psfAt = (x: number, y: number): Psf => pathPsf(camera, gyro, x, y);
    return { ...straightLook(foretold), psfAt, blindMotion: blind };
  }
  if (missesTrail(foretold, blind)) {
    // What the frame shows is what must be undone.
    const warnings = [contradiction(foretold, blind)];
    return { ...straightLook(blind, blind.sigmaPx), blindMotion: blind, isFitted: true, warnings };
  }
  const refined = refineRates(camera, gyro, foretold, blind);
  return { ...blindLook(blind), psfAt: (x, y) => pathPsf(camera, refined, x, y) };
}

/** Whether a trail that was foretold is another than the one seen. */
export function missesTrail(foretold: StraightMotion, seen: StraightMotion): boolean {
  const turn = foldDegrees(foretold.angleDegrees - seen.angleDegrees);
  return Math.abs(foretold.lengthPx - seen.lengthPx) > LENGTH_TOLERANCE_PX || Math.abs(turn) > ANGLE_TOLERANCE_DEGREES;
}

function contradiction(foretold: StraightMotion, seen: StraightMotion): string {
  const given = `${foretold.lengthPx.toFixed(1)} pixels at ${foretold.angleDegrees.toFixed(1)} degrees`;
  const shown = `${seen.lengthPx.toFixed(1)} at ${seen.angleDegrees.toFixed(1)}`;
  return `the rates give a trail of ${given}, the frame shows ${shown}, which is used: check rates, mounting and axes`;
}

/** Stars without any blur to be undone. */
export function sharpLook(): StarLook {
  return {
    profile: StreakProfile.sharp(USUAL_SIGMA_PX),
    isFitted: false,
    psfAt: null,
    blindMotion: null,
    blindDefocus: null,
    decision: null,
    warnings: [],
  };
}

/** Trails of a known length and angle. */
export function straightLook(trail: StraightMotion, sigmaPx = USUAL_SIGMA_PX): StarLook {
  const psf = drawMotion(Math.min(trail.lengthPx, MOST_TRAIL_PX), trail.angleDegrees);
  return { ...sharpLook(), profile: StreakProfile.ofTrail(trail, sigmaPx), psfAt: () => psf };
}

function blindLook(blind: BlindMotion): StarLook {
  if (blind.declined === null)
    return { ...straightLook(blind, usualSigma(blind.sigmaPx)), blindMotion: blind, isFitted: true };
  return { ...sharpLook(), blindMotion: blind, warnings: [`no trail: ${blind.declined}; stars are taken for sharp`] };
}

async function defocusedLook(
  plane: StarPlane,
  defocus: NonNullable<BlurSettings['defocus']>,
  scope: Scope,
): Promise<StarLook> {
  if (defocus !== 'auto') return diskLook(defocus.radiusPx, USUAL_SIGMA_PX);
  const blind = await estimateDefocus(plane, scope);
  if (blind.declined === null)
    return { ...diskLook(blind.radiusPx, blind.sigmaPx), isFitted: true, blindDefocus: blind };
  const warnings = [`no defocus: ${blind.declined}; stars are taken for sharp`];
  return { ...sharpLook(), blindDefocus: blind, warnings };
}

/** Disks of a known radius. */
export function diskLook(radiusPx: number, sigmaPx: number): StarLook {
  const psf = disk(radiusPx);
  return { ...sharpLook(), profile: new DefocusProfile(radiusPx, sigmaPx), psfAt: () => psf };
}
