import type { AnyFrameSize } from '../image/frame.js';
import type { WindowRule } from '../restoration/scene/windows.js';
import { METHODS } from './methods/index.js';
import { fieldSize } from './psf-source.js';
import type { DeconvolveSettings } from './settings.js';
import { layoutAxis, mostTiles } from './tiles.js';
import type { TileAxis, TileLayout } from './tiles.js';

/** Tiles overlap by this many radii of the PSF, or by what their method needs at least. */
const OVERLAP_RADII = 4;
/** Part of an overlap, in its middle, in which one tile passes into the next. */
const FADING_PART = 1 / 4;
/** Tiles per axis that are considered. */
const MAX_TILES = 64;

/** The ways in which a frame can be cut into tiles, that of the fewest first. */
export function listLayouts(
  { width, height }: AnyFrameSize,
  { psf, method, modes, boundary }: DeconvolveSettings,
): TileLayout[] {
  const { leastOverlapPx } = METHODS[method];
  const least = modes > 1 ? { columns: 1, rows: 1 } : fieldSize(psf);
  const layoutsOf = (length: number, fewest: number, radius: number): TileAxis[] => {
    // Tiles with kernels of their own may have to be small; they differ by more than what is felt far inside.
    const wanted = fewest > 1 ? Math.min(leastOverlapPx, Math.floor(length / (fewest + 1))) : leastOverlapPx;
    const overlap = Math.max(wanted, OVERLAP_RADII * radius, 1);
    // A tile of a periodic frame would be periodic itself.
    const most = boundary === 'periodic' ? 1 : Math.min(MAX_TILES, mostTiles(length, overlap));
    const first = Math.min(fewest, most);
    return Array.from({ length: most - first + 1 }, (_, index) => layoutAxis(length, first + index, overlap));
  };
  const [columns, rows] = [layoutsOf(width, least.columns, psf.radiusX), layoutsOf(height, least.rows, psf.radiusY)];
  return rows.flatMap((row) => columns.map((column) => ({ columns: column, rows: row })));
}

/** Rows that windows of a scene share with the next one, as tiles do; null: a periodic frame is deconvolved whole. */
export function windowRuleOf({ psf, method, boundary }: DeconvolveSettings): WindowRule | null {
  if (boundary === 'periodic') return null;
  const overlap = Math.max(METHODS[method].leastOverlapPx, OVERLAP_RADII * psf.radiusY);
  const fade = Math.ceil(overlap * FADING_PART);
  const beyond = Math.ceil((overlap - fade) / 2);
  return { before: beyond, after: beyond, fade };
}
