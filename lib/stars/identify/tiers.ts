import type { StarIndexShape } from '../../runtime/native/binding.js';
import type { IdentifierSettings } from './options.js';

/** Pairs of all tiers together: 6.4 MB. */
const PAIRS = 1_600_000;
/** Each range of focal lengths is at most this wide: its pairs are of stars as bright as its fields show. */
const OCTAVE = 2;
/** Pairs as parts of the diagonal: shorter ones tell little, and few are longer. */
const SHORTEST = 0.06;
const LONGEST = 0.85;

/** What an index of so many stars has to have for these cameras. */
export function shapeOf({ camera, lowScale, highScale }: IdentifierSettings, stars: number): StarIndexShape {
  const count = Math.max(1, Math.ceil(Math.log(highScale / lowScale) / Math.log(OCTAVE)));
  const step = (highScale / lowScale) ** (1 / count);
  const diagonal = Math.hypot(camera.width, camera.height) / camera.focalPx;
  const tiers = Array.from({ length: count }, (_, index) => {
    const low = lowScale * step ** index;
    return {
      narrowest: chordOf((SHORTEST * diagonal) / (low * step)),
      widest: chordOf((LONGEST * diagonal) / low),
      capacity: Math.min(Math.floor(PAIRS / count), (stars * (stars - 1)) / 2),
    };
  });
  return { stars, tiers };
}

/** Of an angle whose tangents differ so much across the middle. */
const chordOf = (tangent: number): number => 2 * Math.sin(Math.atan(tangent / 2));
