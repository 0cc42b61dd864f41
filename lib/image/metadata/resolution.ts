import type { ImageMetadata, Resolution } from './image-metadata.js';

type LengthUnit = Exclude<Resolution['unit'], 'none'>;

const METRES: Readonly<Record<LengthUnit, number>> = { inch: 0.0254, centimetre: 0.01, metre: 1 };

/** The same resolution in another unit; as it is where it has that unit, so that nothing is rounded, or none. */
export function inUnit(resolution: Resolution, unit: LengthUnit): Resolution {
  const from = resolution.unit;
  if (from === unit || from === 'none') return resolution;
  // To 1e-6, which hides what the conversion has rounded.
  const convert = (value: number): number => Math.round(((value * METRES[unit]) / METRES[from]) * 1e6) / 1e6;
  return { x: convert(resolution.x), y: convert(resolution.y), unit };
}

/** Whether there is a resolution that says more than that pixels are square. */
export function isTelling({ resolution }: ImageMetadata): boolean {
  return resolution !== undefined && (resolution.unit !== 'none' || resolution.x !== resolution.y);
}
