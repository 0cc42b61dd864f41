import type { NativeDefects } from '../../runtime/native/binding.js';

/** With a larger part of samples that look impossible, the kernel is wrong. */
const MOST = 0.2;
/** Clipped samples need no kernel to be told; but where most are, little is left to restore. */
const MOST_CLIPPED = 0.5;

/** What was found in one plane. */
export interface PlaneDefects {
  readonly counts: NativeDefects;
  /** What counts of it; null: all does. */
  readonly valid: Uint8Array | null;
}

/** Samples that were left out as no blurred scene with noise can have them; sums over all planes. */
export interface Defects {
  /** Samples at the ends of their range that lie together. */
  readonly clipped: number;
  /** Single samples, too bright or too dark for those around them. */
  readonly hot: number;
  readonly dead: number;
  /** Columns and lines that are stuck at one value; in a scene, columns once for every window where a part begins. */
  readonly columns: number;
  readonly lines: number;
  /** Pixels that were known to be defective. */
  readonly known: number;
  /** Part of all samples that were left out as impossible. */
  readonly share: number;
}

/** @param pixels that were counted, of each plane */
export function countDefects(
  planes: readonly PlaneDefects[],
  pixels: number,
  knownDefects: Uint8Array | null,
): Defects {
  const sum = (key: 'clipped' | 'hot' | 'dead' | 'columns' | 'lines' | 'stuck'): number =>
    planes.reduce((total, { counts }) => total + counts[key], 0);
  const samples = Math.max(1, planes.length) * pixels;
  return {
    clipped: sum('clipped'),
    hot: sum('hot'),
    dead: sum('dead'),
    columns: sum('columns'),
    lines: sum('lines'),
    known: countKnown(knownDefects),
    share: (sum('clipped') + sum('hot') + sum('dead') + sum('stuck')) / samples,
  };
}

const countKnown = (known: Uint8Array | null): number =>
  known?.reduce((total, defect) => total + (defect === 0 ? 0 : 1), 0) ?? 0;

/** Of all windows of a scene, each with its share of its rows. Null: none were looked for. */
export function sumDefects(
  all: readonly { readonly defects: Defects; readonly rows: number }[],
  knownDefects: Uint8Array | null,
): Defects | null {
  const sum = (key: keyof Defects): number => all.reduce((total, { defects }) => total + defects[key], 0);
  if (all.length === 0) return null;
  const [clipped, hot, dead] = [sum('clipped'), sum('hot'), sum('dead')];
  const [columns, lines] = [sum('columns'), sum('lines')];
  const rows = all.reduce((total, one) => total + one.rows, 0);
  const share = all.reduce((total, one) => total + (one.defects.share * one.rows) / rows, 0);
  return { clipped, hot, dead, columns, lines, known: countKnown(knownDefects), share };
}

/** Whether what was found says that the kernel is wrong, and not the samples. */
export function isWrong(planes: readonly PlaneDefects[], pixels: number): boolean {
  return planes.some(
    ({ counts: { tooMany, clipped, hot, dead, stuck } }) =>
      tooMany || hot + dead + stuck > MOST * pixels || clipped > MOST_CLIPPED * pixels,
  );
}
