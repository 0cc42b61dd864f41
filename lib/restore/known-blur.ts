import type { BlurOfKind } from '../estimate/blur.js';
import { LEAST_RADIUS } from '../estimate/verdict.js';
import { shapesOf } from '../psf/spec.js';
import type { NamedShape } from '../psf/spec.js';

/** How far a blur is trusted: 'given' by the caller, estimated with a high or a low confidence, or not known. */
export type BlurTrust = 'given' | 'high' | 'low' | 'none';

/** What is known of the blur of a frame. */
export interface KnownBlur {
  /** In words that `psf` takes where it has such; else what it is, for people; null: it is not known. */
  readonly words: string | null;
  readonly trust: BlurTrust;
  /** 0 to 1. */
  readonly confidence: number;
  /** Why it is not known; null: it is. */
  readonly declined: string | null;
  /** Whether the frame looks sharp, where no blur is known. */
  readonly looksSharp: boolean;
}

/** A disk, and the Gaussian that goes with it. */
export interface Disk {
  readonly radiusPx: number;
  readonly sigmaPx: number;
}

/** Gaussians up to this width explain sharp scenes, which are soft by 0.3 to 1 pixel themselves. */
const SHARP_SIGMA = 1.1;

/** What an estimate says of the blur. */
export function blurOfEstimate(estimate: BlurOfKind['auto']): KnownBlur {
  const { declined, psf: words, confidence } = estimate;
  const looksSharp = estimate.kind === 'defocus' && declined !== null && isSharp(estimate.confidence);
  return {
    words,
    trust: declined === null ? confidence!.level : 'none',
    confidence: declined === null ? confidence!.value : 0,
    declined,
    looksSharp,
  };
}

/** A blur that somebody vouches for. */
export function givenBlur(words: string): KnownBlur {
  return { words, trust: 'given', confidence: 1, declined: null, looksSharp: false };
}

/** The disk that a blur is, with Gaussians or without; null where it is another. */
export function diskOf(blur: Pick<KnownBlur, 'words'>): Disk | null {
  const shapes = shapesIn(blur);
  const disks = shapes.filter(({ name }) => name === 'disk');
  const gaussians = shapes.filter(({ name, numbers }) => name === 'gaussian' && numbers.length === 1);
  if (disks.length !== 1 || disks.length + gaussians.length !== shapes.length) return null;
  return { radiusPx: disks[0]!.numbers[0]!, sigmaPx: Math.hypot(...gaussians.map(({ numbers }) => numbers[0]!)) };
}

/** How far a blur in words reaches to both sides at most, in pixels; 0 where words do not tell. */
export function reachOf(blur: Pick<KnownBlur, 'words'>): { readonly diskPx: number; readonly motionPx: number } {
  const longest = (names: readonly string[]): number =>
    Math.max(0, ...shapesIn(blur).flatMap(({ name, numbers }) => (names.includes(name) ? numbers : [])));
  return { diskPx: longest(['disk', 'ellipse']), motionPx: longest(['motion', 'motion-matlab']) / 2 };
}

function shapesIn({ words }: Pick<KnownBlur, 'words'>): readonly NamedShape[] {
  return (words === null ? null : shapesOf(words)) ?? [];
}

function isSharp(confidence: BlurOfKind['defocus']['confidence']): boolean {
  if (!confidence) return false;
  return confidence.radiusPx < LEAST_RADIUS && confidence.gaussianSigmaPx < SHARP_SIGMA;
}
