import type { ModelRange } from '../network/model/range.js';
import { diskOf, reachOf } from './known-blur.js';
import type { BlurTrust, Disk, KnownBlur } from './known-blur.js';

/** One way to restore a frame. A network that is told the kernel would be another kind. */
export type Means =
  | { readonly kind: 'none' }
  | { readonly kind: 'network'; readonly model: string }
  | { readonly kind: 'deconvolution'; readonly psf: string; readonly method: 'hyper-laplacian' | 'wiener' };

/** A network that may be chosen, with what it was made for. */
export interface StatedModel {
  readonly name: string;
  readonly range: ModelRange;
}

/** What is known of a frame. Standard deviations, 1 being full scale. */
export interface Sight {
  readonly blur: KnownBlur;
  /** Of the noise; null where no part of the frame tells it. */
  readonly noise: number | null;
  /** Of what JPEG has added; null where none is to be seen, 0 where it is not, and the file is one. */
  readonly jpegNoise: number | null;
  /** Whether it has too few pixels to tell its blur; false. */
  readonly isTooSmall?: boolean;
}

/** What was chosen for a frame, and why: a part of the report. */
export interface Choice extends Omit<Sight, 'blur' | 'isTooSmall'> {
  /** The blur in words; null: it is not known. */
  readonly blur: string | null;
  readonly trust: BlurTrust;
  /** Of the blur, 0 to 1. */
  readonly confidence: number;
  readonly means: Means;
  /** For people. */
  readonly reason: string;
  /** What would have been chosen next; null: nothing else helps. */
  readonly runnerUp: Means | null;
}

const NONE: Means = { kind: 'none' };
/** Smaller disks let edges be so steep that none speaks against them, and the rings of JPEG look like theirs. */
const JPEG_RADIUS = 2;
/**
 * Wider blurs leave a hyper-Laplacian prior too little to go by, and what is unknown beyond the edges is felt far
 * inside: Wiener's filter gains 0.3 to 6 dB on it in bench/choice.mjs. In pixels to both sides.
 */
const WIDE = { diskPx: 7.4, motionPx: 12 };
/** Scenes are soft themselves, and what is taken off an estimate for that differs from theirs by so much. */
const SIGMA_SLACK = 0.3;
/** Towards the end of a network's range of noise, from this part of it on, deconvolution gains more. */
const NOISE_PART = 0.75;
/** Below this confidence, another blur explains a frame as well, and a network would take it for its own. */
const LEAST_CONFIDENCE = 0.1;

/** What is done with a frame, without what was seen. */
type Decision = Pick<Choice, 'means' | 'reason' | 'runnerUp'>;

/**
 * Chooses how to restore a frame: what is sharp already, or whose blur is not known, stays as it is, unless it is too
 * small to tell; within the range of a network, that one; else it is deconvolved.
 * @param models in the order in which they are preferred
 */
export function choose(sight: Sight, models: readonly StatedModel[]): Choice {
  const { blur, noise, jpegNoise } = sight;
  const { words, trust, confidence } = blur;
  return { blur: words, trust, confidence, noise, jpegNoise, ...decide(sight, models) };
}

function decide({ blur, noise, jpegNoise, isTooSmall = false }: Sight, models: readonly StatedModel[]): Decision {
  const { words } = blur;
  if (words === null && isTooSmall && models[0]) return takenForUsual(models[0]);
  if (words === null) return { means: NONE, reason: reasonToLeave(blur), runnerUp: null };
  const deconvolution: Means = { kind: 'deconvolution', psf: words, method: methodFor(blur) };
  if (mayBeJpeg(blur, jpegNoise))
    return { means: NONE, reason: 'what JPEG has added may look like this blur', runnerUp: deconvolution };
  const disk = blur.confidence >= LEAST_CONFIDENCE ? diskOf(blur) : null;
  const seen = Math.hypot(noise ?? 0, jpegNoise ?? 0);
  const model = disk && models.find(({ range }) => isWithin(disk, seen, range));
  if (model) {
    const reason = `the blur and the noise are within the range of ${model.name}`;
    return { means: { kind: 'network', model: model.name }, reason, runnerUp: deconvolution };
  }
  const beyond = models.length === 0 ? 'no network is at hand' : 'no network is made for this blur and noise';
  return { means: deconvolution, reason: beyond, runnerUp: NONE };
}

/** What a small frame is a part of is more often blurred as usual than sharp. */
function takenForUsual({ name }: StatedModel): Decision {
  const reason = 'it is too small to tell its blur, and taken for one of the usual blur';
  return { means: { kind: 'network', model: name }, reason, runnerUp: NONE };
}

function mayBeJpeg(blur: KnownBlur, jpegNoise: number | null): boolean {
  if (jpegNoise === null || blur.trust !== 'low' || blur.confidence >= LEAST_CONFIDENCE) return false;
  return (diskOf(blur)?.radiusPx ?? Infinity) < JPEG_RADIUS;
}

function methodFor(blur: KnownBlur): 'hyper-laplacian' | 'wiener' {
  const { diskPx, motionPx } = reachOf(blur);
  return diskPx >= WIDE.diskPx || motionPx >= WIDE.motionPx ? 'wiener' : 'hyper-laplacian';
}

function reasonToLeave({ looksSharp, declined }: KnownBlur): string {
  return looksSharp ? 'it is sharp already' : `its blur cannot be told: ${declined}`;
}

function isWithin({ radiusPx, sigmaPx }: Disk, noise: number, range: ModelRange): boolean {
  const [least, most] = range.radiusPx;
  const isSoft = sigmaPx > range.sigmaPx[1] + SIGMA_SLACK;
  return (
    range.family === 'defocus' &&
    radiusPx >= least &&
    radiusPx <= most &&
    !isSoft &&
    noise <= NOISE_PART * range.mostNoise
  );
}

/** A means in words. */
export function describeMeans(means: Means): string {
  if (means.kind === 'none') return 'left as it is';
  return means.kind === 'network' ? `network ${means.model}` : `${means.method} by ${means.psf}`;
}

/** A choice in words. */
export function describeChoice({ blur, trust, confidence, noise, jpegNoise, means, reason, runnerUp }: Choice): string {
  const sure = trust === 'given' ? 'given' : `confidence ${trust} (${confidence.toFixed(2)})`;
  const noises = [
    ...(noise === null ? [] : [`noise ${noise.toFixed(4)}`]),
    ...(jpegNoise === null ? [] : [`JPEG ${jpegNoise.toFixed(4)}`]),
  ];
  const seen = [blur === null ? 'blur not known' : `blur ${blur}, ${sure}`, ...noises].join(', ');
  const next = runnerUp ? `; else ${describeMeans(runnerUp)}` : '';
  return `${seen}: ${describeMeans(means)}, as ${reason}${next}`;
}
