import type { AnyFrame } from '../image/frame.js';
import type { Periodogram } from '../runtime/native/binding.js';
import type { Psf } from '../psf/psf.js';
import { colourPlanes, rgbBands } from '../image/planes.js';
import { joinSpectra, measureCells } from './block-grid.js';
import type { BlockGrid } from './block-grid.js';
import type { FrameSource } from '../image/source.js';
import type { Scope } from '../runtime/scope.js';
import { settleAll } from '../runtime/settle-all.js';
import { drawCurves } from './rings.js';
import { refineShape } from './shape.js';
import { describeShape, drawShape } from './blur-shape.js';
import type { BlurShape } from './blur-shape.js';
import { refutesByEdges } from './edges.js';
import type { FrameSpectra } from './spectra.js';
import { LEAST_RADIUS, MOST_RADIUS, judge } from './verdict.js';
import type { Confidence } from './verdict.js';

/** Names of the bands of a picture in colour. */
const COLOURS = ['red', 'green', 'blue'] as const;

/** The radii of a frame out of focus over a grid. */
export interface RadiusField {
  readonly columns: number;
  readonly rows: number;
  /** Cell by cell, row by row, in pixels; null where a cell tells none. */
  readonly radiiPx: readonly (number | null)[];
}

const NO_FIELD: RadiusField = { columns: 0, rows: 0, radiiPx: [] };

/** What a frame tells of its defocus. */
export interface DefocusEstimate {
  readonly kind: 'defocus';
  /** Why there is no estimate; null: there is one. */
  readonly declined: string | null;
  readonly shape: BlurShape | null;
  /** In words that `psf` takes, such as 'disk:4.02+gaussian:0.61'. */
  readonly psf: string | null;
  readonly kernel: Psf | null;
  readonly confidence: Confidence | null;
  /**
   * The disk of every band by itself, for diagnosis: optics may focus colours differently. Named 'red', 'green' and
   * 'blue' in a picture in colour, 'grey' where there is one band, else 'band 1' and so on.
   */
  readonly channels: readonly { readonly name: string; readonly radiusPx: number | null }[];
  readonly field: RadiusField;
}

/** Why a disk is not believed that only the spectrum speaks for. */
const TOO_STEEP = 'its edges are steeper than this blur lets them be, as where sharp round things are of one size';

/** How much is asked for: all, or the shape of the blur alone, in half the time. */
export type Detail = 'full' | 'shape';

/**
 * The defocus of a frame from its own spectrum: dark rings where the transfer function of a disk is zero, fitted
 * together with the scene's power law and the noise, unless the edges speak against it; see docs/estimation.md. Rejects
 * with the signal's reason.
 */
export async function estimateDefocus(
  scope: Scope,
  source: FrameSource,
  spectra: FrameSpectra,
  detail: Detail,
): Promise<DefocusEstimate> {
  const { curves, grid, finder } = spectra;
  const { frame } = source;
  const isFull = detail === 'full';
  const [verdict, colours] = await settleAll([judge(finder, curves), isFull ? measureColours(scope, frame, grid) : []]);
  const decline = (reason: string): DefocusEstimate => ({
    ...declineDefocus(reason),
    confidence: verdict.confidence,
  });
  if (verdict.declined) return decline(verdict.declined);
  const shape = await refineShape(finder, verdict, curves);
  const kernel = drawShape(shape);
  if (await refutesByEdges(source, kernel, scope.signal)) return decline(TOO_STEEP);
  const cells = isFull ? spectra.cells : [];
  const [radiiPx, channels] = await settleAll([
    settleAll(cells.map(async (cell) => radiusOf(spectra, cell))),
    settleAll(colours.map(async ({ name, spectrum }) => ({ name, radiusPx: await radiusOf(spectra, spectrum) }))),
  ]);
  return {
    kind: 'defocus',
    declined: null,
    shape,
    psf: describeShape(shape),
    kernel,
    confidence: verdict.confidence,
    channels,
    field: isFull ? { columns: grid.columns, rows: grid.rows, radiiPx } : NO_FIELD,
  };
}

/** Of the disk that explains a spectrum best; null where it is none that counts. */
async function radiusOf({ finder, isJpeg }: FrameSpectra, { power, blocks }: Periodogram): Promise<number | null> {
  if (blocks === 0) return null;
  const radius = await finder.findRadius(drawCurves(power, finder.side, isJpeg).all);
  return radius >= LEAST_RADIUS && radius <= MOST_RADIUS ? radius : null;
}

export function declineDefocus(declined: string): DefocusEstimate {
  return {
    kind: 'defocus',
    declined,
    shape: null,
    psf: null,
    kernel: null,
    confidence: null,
    channels: [],
    field: NO_FIELD,
  };
}

/** The name of each band. */
function namesOf(frame: AnyFrame): string[] {
  const planes = colourPlanes(frame);
  if (planes === 1) return ['grey'];
  const triples = rgbBands(frame);
  // Of several pictures in colour none is the one.
  const [colours] = triples.length === 1 ? triples : [];
  return Array.from({ length: planes }, (_, band) => COLOURS[colours?.indexOf(band) ?? -1] ?? `band ${band + 1}`);
}

/** The spectrum of each colour. */
async function measureColours(
  scope: Scope,
  frame: AnyFrame,
  grid: BlockGrid,
): Promise<{ readonly name: string; readonly spectrum: Periodogram }[]> {
  return settleAll(
    namesOf(frame).map(async (name, channel) => ({
      name,
      spectrum: joinSpectra(await measureCells(scope, frame, channel, grid)),
    })),
  );
}
