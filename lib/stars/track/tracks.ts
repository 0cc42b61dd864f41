import type { StarFit } from '../measure/fit.js';
import type { Place } from '../sky/place.js';
import { fitMotion, move, voteShift } from './transform.js';
import type { FieldMotion } from './transform.js';

/** A star followed from frame to frame. */
export interface StarTrack extends Place {
  /** The same for the same star, never given again. */
  readonly id: number;
  /** Its fit in this frame; null where it was not seen, and (x, y) is the prediction. */
  readonly star: StarFit | null;
  /** Frames in which it was seen. */
  readonly seen: number;
  /** Frames since it was seen last. */
  readonly missed: number;
}

/** What becomes of tracks. */
interface TrackRules {
  /** A star may be this far from its prediction. */
  readonly reachPx: number;
  /** A track ends after this many frames without its star. */
  readonly patienceFrames: number;
}

/** Where a track is expected in the next frame. */
export type Prediction = Place & { readonly track: StarTrack };

/** Tracks of the latest frame, and how the field moved into it. */
export class TrackTable {
  readonly #rules: TrackRules;
  #tracks: readonly StarTrack[] = [];
  #motion: FieldMotion | null = null;
  #nextId = 1;

  constructor(rules: TrackRules) {
    this.#rules = rules;
  }

  get tracks(): readonly StarTrack[] {
    return this.#tracks;
  }

  /** From the frame before into the latest one; null where no star was seen in both. */
  get motion(): FieldMotion | null {
    return this.#motion;
  }

  /** Tracks where they should be next. @param advance where a place moves to; by default as the field moved last */
  predict(advance: ((place: Place) => Place | null) | null): Prediction[] {
    const step = advance ?? ((place: Place): Place => (this.#motion === null ? place : move(this.#motion, place)));
    return this.#tracks.flatMap((track) => {
      const place = step(track);
      return place === null ? [] : [{ track, x: place.x, y: place.y }];
    });
  }

  /** Takes the stars of the next frame. @param stars brightest first */
  update(
    predictions: readonly Prediction[],
    stars: readonly StarFit[],
    { width, height }: { readonly width: number; readonly height: number },
  ): void {
    let expectedAt = predictions;
    let pairs = this.#pair(expectedAt, stars);
    if (pairs.size < predictions.length / 2) {
      const shift = voteShift(predictions, stars);
      if (shift !== null) {
        expectedAt = predictions.map(({ track, ...place }) => ({ track, ...move(shift, place) }));
        pairs = this.#pair(expectedAt, stars);
      }
    }
    const seenBefore = [...pairs].filter(([{ track }]) => track.missed === 0);
    this.#motion = fitMotion(seenBefore.map(([{ track }, star]) => [track, star]));
    const followed = expectedAt.flatMap((prediction): StarTrack[] => {
      const { track, x, y } = prediction;
      const star = pairs.get(prediction);
      if (star) return [{ id: track.id, x: star.x, y: star.y, star, seen: track.seen + 1, missed: 0 }];
      const isInside = x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1;
      return isInside && track.missed < this.#rules.patienceFrames
        ? [{ ...track, x, y, star: null, missed: track.missed + 1 }]
        : [];
    });
    const taken = new Set(pairs.values());
    const added = stars
      .filter((star) => !taken.has(star))
      .map((star): StarTrack => ({ id: this.#nextId++, x: star.x, y: star.y, star, seen: 1, missed: 0 }));
    this.#tracks = [...followed, ...added];
  }

  /** The nearest star to each prediction, nearest pairs first, no star twice. */
  #pair(predictions: readonly Prediction[], stars: readonly StarFit[]): Map<Prediction, StarFit> {
    const near = predictions
      .flatMap((prediction) =>
        stars.map((star) => ({ prediction, star, distance: Math.hypot(star.x - prediction.x, star.y - prediction.y) })),
      )
      .filter(({ distance }) => distance <= this.#rules.reachPx)
      .sort((a, b) => a.distance - b.distance);
    const pairs = new Map<Prediction, StarFit>();
    const taken = new Set<StarFit>();
    for (const { prediction, star } of near) {
      if (pairs.has(prediction) || taken.has(star)) continue;
      pairs.set(prediction, star);
      taken.add(star);
    }
    return pairs;
  }
}
