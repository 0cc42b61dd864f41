import type { Resolution } from './image-metadata.js';

const METRES: Readonly<Record<Resolution['unit'], number>> = { inch: 0.0254, centimetre: 0.01, metre: 1 };

/** The same resolution in another unit; as it is where it has that unit, so that nothing is rounded. */
export function inUnit(resolution: Resolution, unit: Resolution['unit']): Resolution {
  if (resolution.unit === unit) return resolution;
  // To 1e-6, which hides what the conversion has rounded.
  const convert = (value: number): number => Math.round(((value * METRES[unit]) / METRES[resolution.unit]) * 1e6) / 1e6;
  return { x: convert(resolution.x), y: convert(resolution.y), unit };
}
