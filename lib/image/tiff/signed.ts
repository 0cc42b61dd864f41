import type { AnyFrame } from '../frame.js';
import { nodataOf } from './nodata.js';
import { gridOf } from './write-description.js';
import type { TiffDescription } from './write-description.js';

/** How floats become the signed integers of a file. */
export interface SignedRule {
  /** The smallest and the largest of them. */
  readonly least: number;
  readonly most: number;
  /** Value of missing samples; null: none. */
  readonly nodata: number | null;
}

/** The rule of a file; null where its samples are no signed integers. */
export function signedRuleOf(description: TiffDescription): SignedRule | null {
  const { sampleType } = gridOf(description);
  if (sampleType !== 'int8' && sampleType !== 'int16') return null;
  const half = sampleType === 'int8' ? 2 ** 7 : 2 ** 15;
  return { least: -half, most: half - 1, nodata: nodataOf(description.metadata ?? {}, description) };
}

/** The nearest integer; the next one where that stands for a missing sample, and the sample does not. */
export function toInteger(value: number, { least, most, nodata }: SignedRule): number {
  if (value === nodata) return value;
  const nearest = Math.min(most, Math.max(least, Math.round(value)));
  if (nearest !== nodata) return nearest;
  const isAbove = nearest === least || (nearest < most && value > nodata);
  return nearest + (isAbove ? 1 : -1);
}

/** Makes of some samples what reading them back gives, where they are written as signed integers. */
export function roundSigned(data: AnyFrame['data'], rule: SignedRule): void {
  // No integer is -0.
  for (let index = 0; index < data.length; index += 1) data[index] = toInteger(data[index]!, rule) + 0;
}
