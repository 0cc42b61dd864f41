import { writeResult } from '../../image/encode.js';
import type { WritingOptions } from '../../image/encode.js';
import type { AnyFrame, Region } from '../../image/frame.js';
import type { ImageMetadata } from '../../image/metadata/image-metadata.js';
import type { OperationReport } from '../../operation/report.js';
import type { BlindDefocus } from '../measure/blind-defocus.js';
import type { BlindMotion } from '../measure/blind-motion.js';
import type { LookDecision } from '../measure/decide-look.js';
import { requireObject } from '../../runtime/validate.js';
import type { StarFit } from '../measure/fit.js';
import type { StarMethod } from './method.js';
import type { StarPlan } from './plan.js';
import type { CentroidMethod } from './recentre.js';

/** The common shape of the stars of a frame: a trail (a length of 0 is a sharp star), or a disk. */
export type StarShape =
  | { readonly lengthPx: number; readonly angleDegrees: number; readonly sigmaPx: number }
  | { readonly radiusPx: number; readonly sigmaPx: number };

/** What a star frame told, and how it was restored. */
export interface StarFindings {
  readonly method: StarMethod;
  readonly centroid: CentroidMethod;
  /** After the fit. Angles are anticlockwise from the right, from -90 to 90. */
  readonly shape: StarShape;
  /** What the frame alone told; null where it was not asked. */
  readonly motion: BlindMotion | null;
  readonly defocus: BlindDefocus | null;
  /** Why stars are taken to look as they do; null where the options said so. */
  readonly decision: LookDecision | null;
  /** Parts of the frame in which light was restored. */
  readonly windows: readonly Region[];
  /** Of the restoration, the most of any window; 0 without. */
  readonly iterations: number;
  /** Restored samples above full scale, cut off in 8 and 16 bits. */
  readonly clipped: number;
  /** Standard deviation and level of the sky in counts (1 being full scale for floats). */
  readonly sky: { readonly sigma: number; readonly level: number };
  /** What the user should know, such as an estimate that was declined. */
  readonly warnings: readonly string[];
}

/** How a star frame was read and restored. */
export interface StarReport extends OperationReport<StarPlan>, StarFindings {
  readonly operation: 'stars';
}

/** What restoring a star frame gives. */
export interface StarOutcome {
  /** As it was read. */
  readonly source: AnyFrame;
  readonly frame: AnyFrame;
  readonly stars: readonly StarFit[];
  readonly findings: StarFindings;
}

/** A restored star frame with what was measured in it. */
export class StarResult {
  /** The restored frame, of the size and samples of the source; the source itself where nothing was to be restored. */
  readonly frame: AnyFrame;
  /** The frame as it was read: see `drawStars`. */
  readonly source: AnyFrame;
  /** Brightest first. */
  readonly stars: readonly StarFit[];
  readonly report: StarReport;
  /** What the source's file says about itself; nothing for pixels. */
  readonly metadata: ImageMetadata;

  /** By `restoreStars` or a `StarTracker`. */
  constructor(
    { frame, source, stars, findings }: StarOutcome,
    report: OperationReport<StarPlan>,
    metadata: ImageMetadata,
  ) {
    this.frame = frame;
    this.source = source;
    this.stars = stars;
    const warnings = [...report.warnings, ...findings.warnings];
    this.report = { ...report, ...findings, warnings, operation: 'stars' };
    this.metadata = metadata;
  }

  /**
   * Writes the restored frame with the metadata of its source, whole or not at all: TIFF, FITS, PNG, JPEG or WebP by
   * the extension of `path`. Read back with integrity 'full', unless the options say otherwise. Rejects with
   * ImageError, with IntegrityError where it reads back otherwise, or with the signal's reason.
   */
  async toFile(path: string, options: WritingOptions = {}): Promise<void> {
    await this.writeTo(path, options);
  }

  /** As {@link toFile}; resolves to how often it was written until it read back as it was meant. @internal */
  async writeTo(path: string, options: WritingOptions): Promise<1 | 2> {
    requireObject('options', options);
    const readBack = this.report.ends !== undefined;
    return await writeResult(path, this.frame, this.metadata, { readBack, ...options });
  }
}
