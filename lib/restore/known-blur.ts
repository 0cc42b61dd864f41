import type { BlurOfKind } from '../estimate/blur.js';
import { LEAST_RADIUS } from '../estimate/verdict.js';

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

/** The disk that a blur is, or null where it is none. */
export function diskOf({ words }: Pick<KnownBlur, 'words'>): Disk | null {
  const found = /^disk:(\d+(?:\.\d+)?)(?:\+gaussian:(\d+(?:\.\d+)?))?$/.exec(words ?? '');
  return found && { radiusPx: Number(found[1]), sigmaPx: Number(found[2] ?? 0) };
}

/** How far a blur in words reaches to both sides at most, in pixels; 0 where words do not tell. */
export function reachOf({ words }: Pick<KnownBlur, 'words'>): { readonly diskPx: number; readonly motionPx: number } {
  const numberAfter = (pattern: RegExp): number => Number(pattern.exec(words ?? '')?.[1] ?? 0);
  return {
    diskPx: numberAfter(/\b(?:disk|ellipse):(\d+(?:\.\d+)?)/),
    motionPx: numberAfter(/\bmotion:(\d+(?:\.\d+)?)/) / 2,
  };
}

function isSharp(confidence: BlurOfKind['defocus']['confidence']): boolean {
  if (!confidence) return false;
  return confidence.radiusPx < LEAST_RADIUS && confidence.gaussianSigmaPx < SHARP_SIGMA;
}
