import type { Scope } from '../../runtime/scope.js';
import { SMALLEST_RADIUS_PX, START_RADII_PX } from './blind-defocus.js';
import type { BlindDefocus } from './blind-defocus.js';
import { searchTrailOf } from './blind-motion.js';
import type { BlindMotion, TrailEvidence } from './blind-motion.js';
import { withoutChains } from './chains.js';
import { detectStars } from './detect.js';
import { fitStars, usualNoise } from './fit.js';
import type { JointFit } from './fit.js';
import { shapeSigma } from './known.js';
import type { StarPlane } from './plane.js';
import { DefocusProfile, RoundProfile, StreakProfile, usualSigma } from './profile.js';
import type { StarProfile } from './profile.js';
import { MOST_MISFIT, fitRobustShape, isAlike } from './robust-shape.js';

/** What stars look like. */
export type LookKind = 'sharp' | 'trail' | 'disk';

/** Why stars are taken to look as they do. */
export interface LookDecision {
  readonly kind: LookKind;
  /** In words, with numbers. */
  readonly reason: string;
  /** The next best look, and its likelihood in parts of the best one's; null where no other was tried. */
  readonly runnerUp: { readonly kind: LookKind; readonly part: number } | null;
}

/** A look that was tried. */
interface Candidate {
  readonly kind: LookKind;
  readonly profile: StarProfile;
  readonly motion: BlindMotion | null;
  readonly defocus: BlindDefocus | null;
}

/** How well it explains the frame. */
interface Judged extends Candidate {
  /** What the stars' likelihoods gain by it, each up to a limit, and less where it needs wide stars. */
  readonly score: number;
  /** What they would gain if all objects had it. */
  readonly most: number;
  /** Objects of this look, and others that it was tried on. */
  readonly alike: number;
  readonly others: number;
}

/** The decision, and what it rests on. */
export interface DecidedLook extends Pick<Judged, 'profile' | 'motion' | 'defocus'> {
  readonly decision: LookDecision;
}

const THRESHOLD = 6.5;
/** Stars that judge a look. */
const MOST_STARS = 40;
const SHAPE_STARS = 24;
/** Clearer stars than this count no more: no single object decides. */
const MOST_SNR = 20;
/** A look in common needs so many stars, or all there are. */
const LEAST_STARS = 3;
/** Windows that are asked for their trail one by one. */
const MOST_WINDOWS = 8;
const SHARP_SIGMA_PX = 1.2;
/** Other looks are tried where the best explains less than this part. */
const ENOUGH = 0.7;
/** Where stars are wider than this, disks are tried too. */
const SURELY_SHARP_PX = 1.5;
/** What each pixel of width beyond that takes off a look, in parts: optics in focus leave narrow stars. */
const WIDTH_COST = 0.04;
/** A look with more numbers must be better than a simpler one by this part. */
const LEAST_LEAD = 1.02;

/**
 * Tries looks on the objects of a frame, each found and fitted with it, and takes the likeliest: sharp stars and the
 * trail that was found first, others where these leave much unexplained.
 */
export async function decideLook(plane: StarPlane, evidence: TrailEvidence, scope: Scope): Promise<DecidedLook | null> {
  const judged: Judged[] = [];
  const attempts: (() => Candidate[] | Promise<Candidate[]>)[] = [
    () => sharpCandidates(plane, scope),
    () => trailCandidates([evidence.blind]),
    () => diskCandidates(plane, scope),
    async () => trailCandidates(await singleTrails(plane, evidence, scope)),
  ];
  for (const [stage, attempt] of attempts.entries()) {
    for (const candidate of await attempt()) judged.push(await judge(plane, candidate, scope));
    const best = likeliest(judged);
    if (stage > 0 && best !== null && isBeyondDoubt(best)) break;
  }
  const best = likeliest(judged);
  if (best === null) return null;
  const { profile, motion, defocus } = best;
  return { profile, motion, defocus, decision: explain(best, judged) };
}

function isBeyondDoubt({ kind, profile, score, most }: Judged): boolean {
  return score > ENOUGH * most && (kind === 'disk' || profile.sigmaPx < SURELY_SHARP_PX);
}

function likeliest(judged: readonly Judged[]): Judged | null {
  return judged.reduce<Judged | null>((best, one) => {
    const lead = best === null || best.kind === one.kind ? 1 : LEAST_LEAD;
    return isSupported(one, judged) && one.score > lead * (best?.score ?? 0) ? one : best;
  }, null);
}

/** Several stars have it, or all objects of which any look tells. */
function isSupported({ alike }: Judged, judged: readonly Judged[]): boolean {
  return alike >= Math.min(LEAST_STARS, Math.max(...judged.map((other) => other.alike)));
}

function explain(best: Judged, judged: readonly Judged[]): LookDecision {
  const { kind, alike, others } = best;
  const second = judged
    .filter((other) => other.kind !== kind)
    .reduce<Judged | null>((most, other) => (other.score > (most?.score ?? -1) ? other : most), null);
  const reason = `${alike} of ${alike + others} objects have this look`;
  if (second === null) return { kind, reason, runnerUp: null };
  return { kind, reason, runnerUp: { kind: second.kind, part: second.score / best.score } };
}

async function judge(plane: StarPlane, candidate: Candidate, scope: Scope): Promise<Judged> {
  const { profile } = candidate;
  const seen = await detectStars(plane, profile, { threshold: THRESHOLD, most: 2 * MOST_STARS }, scope);
  const found = withoutChains(plane, seen, profile).slice(0, MOST_STARS);
  const { stars } = await fitStars(plane, found, profile, usualNoise(plane), scope);
  const alike = stars.filter(isAlike);
  const worthOf = (snr: number): number => Math.min(snr, MOST_SNR) ** 2;
  const most = found.reduce((sum, { snr }) => sum + worthOf(snr), 0);
  const gain = alike.reduce((sum, { misfit, snr }) => sum + Math.max(0, 1 - misfit / MOST_MISFIT) * worthOf(snr), 0);
  const score = gain * (1 - WIDTH_COST * Math.max(0, profile.sigmaPx - SURELY_SHARP_PX));
  return { ...candidate, score, most, alike: alike.length, others: found.length - alike.length };
}

/** The shape that most objects found with a profile have. */
async function fitFound(plane: StarPlane, start: StarProfile, scope: Scope): Promise<JointFit | null> {
  const found = await detectStars(plane, start, { threshold: THRESHOLD, most: MOST_STARS }, scope);
  const stars = withoutChains(plane, found, start).slice(0, SHAPE_STARS);
  return fitRobustShape(plane, stars, start, usualNoise(plane), scope);
}

async function sharpCandidates(plane: StarPlane, scope: Scope): Promise<Candidate[]> {
  const fit = await fitFound(plane, new RoundProfile(SHARP_SIGMA_PX), scope);
  const sigmaPx = fit?.profile.sigmaPx ?? SHARP_SIGMA_PX;
  return [{ kind: 'sharp', profile: StreakProfile.sharp(sigmaPx), motion: null, defocus: null }];
}

/** Trails of windows that are asked one by one. */
async function singleTrails(plane: StarPlane, { seen }: TrailEvidence, scope: Scope): Promise<BlindMotion[]> {
  const trails: BlindMotion[] = [];
  for (const one of seen.slice(0, MOST_WINDOWS)) trails.push((await searchTrailOf(plane, [one], scope)).blind);
  return trails;
}

function trailCandidates(trails: readonly BlindMotion[]): Candidate[] {
  const different: BlindMotion[] = [];
  for (const trail of trails) {
    if (trail.declined === null && !different.some((other) => areAlike(other, trail))) different.push(trail);
  }
  return different.map((motion) => {
    const profile = StreakProfile.ofTrail(motion, usualSigma(motion.sigmaPx));
    return { kind: 'trail', profile, motion, defocus: null };
  });
}

function areAlike(a: BlindMotion, b: BlindMotion): boolean {
  const turn = Math.abs(Math.sin(((a.angleDegrees - b.angleDegrees) * Math.PI) / 180));
  return Math.abs(a.lengthPx - b.lengthPx) < 1 && turn * a.lengthPx < 1;
}

async function diskCandidates(plane: StarPlane, scope: Scope): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const radius of START_RADII_PX) {
    const fit = await fitFound(plane, new DefocusProfile(radius, 1), scope);
    if (fit === null || fit.shapeCovariance === null) continue;
    const [radiusPx, sigmaPx] = fit.profile.shape as DefocusProfile['shape'];
    if (radiusPx < SMALLEST_RADIUS_PX) continue;
    const radiusSigmaPx = shapeSigma(fit.shapeCovariance, 0);
    const defocus = { radiusPx, sigmaPx, radiusSigmaPx, lead: null, stars: fit.stars.length, declined: null };
    candidates.push({ kind: 'disk', profile: fit.profile, motion: null, defocus });
  }
  return candidates;
}
