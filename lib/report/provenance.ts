import { createHash } from 'node:crypto';
import { arch, cpus, platform } from 'node:os';
import { basename } from 'node:path';
import { frameBytes } from '../image/frame.js';
import type { AnyFrame } from '../image/frame.js';
import type { ImageSource } from '../image/source.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import { VERSION } from '../runtime/version.js';
import { html, table } from './html.js';
import type { Html } from './html.js';

/** Bytes of pixels that are digested between two pauses: about a millisecond. */
const SLICE_BYTES = 2 ** 20;

/** Where a picture of the report comes from. */
export interface Origin {
  /** What it is: before, after, reference. */
  readonly role: string;
  readonly source: ImageSource;
  /** Hex SHA-256 of its samples. */
  readonly pixelDigest: string;
}

/** Hex SHA-256 of a frame's samples, as they lie in memory. */
export async function digestPixels({ signal }: Scope, { data }: AnyFrame): Promise<string> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const hash = createHash('sha256');
  const pauses = new Pauses(signal);
  for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
    if (pauses.isDue) await pauses.take();
    hash.update(bytes.subarray(start, start + SLICE_BYTES));
  }
  return hash.digest('hex');
}

/** Where everything comes from: files with their digests, software, machine, time. */
export function describeProvenance(origins: readonly Origin[], isa: string): Html {
  const software = [
    ['Made by', `perifocal ${VERSION}, Node ${process.versions.node}, ${platform()} ${arch()}`],
    ['Processor', `${cpus()[0]?.model ?? 'unknown'}, kernels for ${isa}`],
    ['Made at', new Date().toISOString()],
  ];
  const files = table(['', 'picture', 'file', 'bytes', 'SHA-256'], origins.map(describeOrigin));
  return html`<h2>Provenance</h2><div class="scroll">${files}</div>${table([], software)}`;
}

function describeOrigin({ role, source, pixelDigest }: Origin): string[] {
  const { label, header, sizeBytes } = source;
  const { width, height, channels, depth } = header;
  const picture = `${width}x${height}, ${channels} x ${depth} bit`;
  const digest = source.sha256;
  if (digest === null) return [role, picture, 'pixels in memory', String(frameBytes(header)), pixelDigest];
  return [role, picture, basename(label), String(sizeBytes), digest];
}
