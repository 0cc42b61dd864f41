import type { FrameSource } from '../image/source.js';
import { declineDefocus, estimateDefocus } from './defocus.js';
import type { DefocusEstimate, Detail } from './defocus.js';
import { declineMotion, estimateMotion } from './motion/motion-blur.js';
import type { MotionEstimate } from './motion/motion-blur.js';
import { estimateBlind } from './blind/blind-blur.js';
import type { BlindEstimate } from './blind/blind-blur.js';
import type { Scope } from '../runtime/scope.js';
import { measureSpectra } from './spectra.js';
import type { FrameSpectra } from './spectra.js';

/**
 * What is looked for in a frame by itself: 'auto' is motion (with or without defocus) or else defocus; 'blind' a kernel
 * of any form.
 */
export const ESTIMATE_KINDS = ['auto', 'defocus', 'motion', 'blind'] as const;
/**
 * What kind of blur is looked for: 'auto' (the default) looks for straight motion, and for defocus where there is none;
 * 'blind' for a kernel of any form, where the others decline.
 */
export type EstimateKind = (typeof ESTIMATE_KINDS)[number];
/** Those that are told from power spectra. */
type ShapeKind = Exclude<EstimateKind, 'blind'>;

/** The blur of one kind of a frame. */
export interface BlurOfKind {
  readonly auto: DefocusEstimate | MotionEstimate;
  readonly defocus: DefocusEstimate;
  readonly motion: MotionEstimate;
  readonly blind: BlindEstimate;
}

/** @param detail of a defocus: without its colours and its field, the shape is found in half the time */
export async function estimateBlur<Kind extends EstimateKind>(
  scope: Scope,
  source: FrameSource,
  kind: Kind,
  detail: Detail = 'full',
): Promise<BlurOfKind[Kind]> {
  const found = kind === 'blind' ? estimateBlind(scope, source) : estimateShape(scope, source, kind, detail);
  return (await found) as BlurOfKind[Kind];
}

async function estimateShape(
  scope: Scope,
  source: FrameSource,
  kind: ShapeKind,
  detail: Detail,
): Promise<BlurOfKind['auto']> {
  const spectra = await measureSpectra(scope, source);
  const decline = kind === 'motion' ? declineMotion : declineDefocus;
  return typeof spectra === 'string' ? decline(spectra) : estimateFrom(scope, source, spectra, kind, detail);
}

/** Motion is told from defocus by a fit of both; so it is asked for first. */
async function estimateFrom(
  scope: Scope,
  source: FrameSource,
  spectra: FrameSpectra,
  kind: ShapeKind,
  detail: Detail,
): Promise<BlurOfKind['auto']> {
  const motion = kind === 'defocus' ? null : await estimateMotion(scope, spectra);
  if (motion && (kind === 'motion' || motion.declined === null)) return motion;
  const defocus = await estimateDefocus(scope, source, spectra, detail);
  return motion && defocus.declined !== null
    ? { ...defocus, declined: `${defocus.declined}; and no motion: ${motion.declined}` }
    : defocus;
}
