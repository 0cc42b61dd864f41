import { Option } from 'commander';
import type { DeconvolveOptions } from '../deconvolve/settings.js';
import { toMask } from '../image/missing/masks.js';
import { openImage } from '../image/open-image.js';
import { Pauses } from '../runtime/pauses.js';
import type { Session } from './runner.js';

/** What a deconvolution is told of samples that are wrong. */
export interface DefectFlags {
  readonly defects?: 'find' | 'none';
  readonly knownDefects?: string;
}

/** Whether defects are looked for. */
export const defectsOption = (): Option =>
  new Option(
    '--defects <mode>',
    'whether samples that no blurred scene can have (clipped, hot, dead, stuck) are left out (default: find)',
  ).choices(['find', 'none']);

/** Which are known. */
export const knownDefectsOption = (): Option =>
  new Option('--known-defects <file>', 'picture of the same size that is not 0 where pixels are defective');

/** Reads the picture of those that are known. Rejects with ImageError or BudgetError. */
export async function readKnownDefects(
  { knownDefects: path }: DefectFlags,
  { open, runtime, signal }: Pick<Session, 'open' | 'runtime' | 'signal'>,
): Promise<Pick<DeconvolveOptions, 'knownDefects'>> {
  if (path === undefined) return {};
  const { budgetBytes } = runtime;
  const source = await openImage(await open(path), { signal, budgetBytes, name: 'known-defects', nodata: 'none' });
  const { frame } = await source.read(signal);
  const { width, height } = frame;
  return { knownDefects: { width, height, data: await toMask(frame, new Pauses(signal)) } };
}
