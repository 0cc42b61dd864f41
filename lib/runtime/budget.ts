import { expected } from './validate.js';

/** What a frame may take in all, when the caller does not say: the memory contract of MIMO-UNet+ at 2048 x 1536. */
export const DEFAULT_BUDGET = '300MB';

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Bytes of a budget such as `'300MB'` (1 MB = 1e6 bytes), `'256 MiB'` or a number of bytes. Throws ArgumentError. */
export function parseBudget(value: unknown): number {
  const bytes = typeof value === 'string' ? parseText(value) : value;
  if (typeof bytes !== 'number' || !Number.isFinite(bytes) || bytes <= 0) {
    throw expected("positive size such as '300MB' or a number of bytes", 'memory', value);
  }
  return Math.floor(bytes);
}

function parseText(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?i?b?)\s*$/i.exec(text);
  const unit = match && UNIT_BYTES[match[2]!.toLowerCase()];
  return match && unit ? Number(match[1]) * unit : NaN;
}

/** `123.4 MB`, in units of 1e6 bytes. */
export function formatBytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
