import type { FrameSource } from '../frame-engine.js';
import type { Meter } from './blocks.js';
import { declineDefocus, estimateDefocus } from './defocus.js';
import type { DefocusEstimate } from './defocus.js';
import { declineMotion, estimateMotion } from './motion/estimate.js';
import type { MotionEstimate } from './motion/estimate.js';
import { measureSpectra } from './spectra.js';
import type { FrameSpectra } from './spectra.js';

/** What is looked for in a frame by itself: 'auto' is motion (with or without defocus) or else defocus. */
export const ESTIMATE_KINDS = ['auto', 'defocus', 'motion'] as const;
export type EstimateKind = (typeof ESTIMATE_KINDS)[number];

/** The blur of one kind of a frame. */
export interface BlurOfKind {
  readonly auto: DefocusEstimate | MotionEstimate;
  readonly defocus: DefocusEstimate;
  readonly motion: MotionEstimate;
}

export async function estimateBlur<Kind extends EstimateKind>(meter: Meter, source: FrameSource, kind: Kind, signal: AbortSignal): Promise<BlurOfKind[Kind]> {
  const spectra = await measureSpectra(meter, source, signal);
  const decline = kind === 'motion' ? declineMotion : declineDefocus;
  return (typeof spectra === 'string' ? decline(spectra) : await estimateFrom(meter, source, spectra, kind, signal)) as BlurOfKind[Kind];
}

/** Motion is told from defocus by a fit of both; so it is asked for first. */
async function estimateFrom(meter: Meter, { frame }: FrameSource, spectra: FrameSpectra, kind: EstimateKind, signal: AbortSignal): Promise<BlurOfKind['auto']> {
  const motion = kind === 'defocus' ? null : await estimateMotion(spectra, signal);
  if (motion && (kind === 'motion' || motion.declined === null)) return motion;
  const defocus = await estimateDefocus(meter, frame, spectra, signal);
  return motion && defocus.declined !== null ? { ...defocus, declined: `${defocus.declined}; and no motion: ${motion.declined}` } : defocus;
}
