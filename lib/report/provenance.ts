import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { basename } from 'node:path';
import type { AnyFrame } from '../image/frame.js';
import type { MetricInput } from '../metrics/input.js';
import { VERSION } from '../runtime/version.js';
import { html, table } from './html.js';
import type { Html } from './html.js';

/** A picture of the report. */
export interface ReportPicture {
  /** What it is: before, after, reference. */
  readonly role: string;
  readonly input: MetricInput;
  readonly frame: AnyFrame;
}

/** Where everything comes from: files with their digests, software, machine, time. */
export async function describeProvenance(
  pictures: readonly ReportPicture[],
  isa: string,
  signal: AbortSignal,
): Promise<Html> {
  const files = await Promise.all(
    pictures.map(async ({ role, input, frame }) => {
      const { width, height, channels, depth } = frame;
      return [role, `${width}x${height}, ${channels} x ${depth} bit`, ...(await identify(input, signal))];
    }),
  );
  const software = [
    ['Made by', `perifocal ${VERSION}, Node ${process.versions.node}, ${platform()} ${arch()}`],
    ['Processor', `${cpus()[0]?.model ?? 'unknown'}, kernels for ${isa}`],
    ['Made at', new Date().toISOString()],
  ];
  return html`<h2>Provenance</h2><div class="scroll">${table(['', 'picture', 'file', 'bytes', 'SHA-256'], files)}</div>${table([], software)}`;
}

async function identify(input: MetricInput, signal: AbortSignal): Promise<readonly string[]> {
  if (typeof input === 'string')
    return [basename(input), String((await stat(input)).size), await digestFile(input, signal)];
  if (input instanceof Uint8Array)
    return ['in memory', String(input.length), createHash('sha256').update(input).digest('hex')];
  const { buffer, byteOffset, byteLength } = input.data;
  return [
    'pixels in memory',
    String(byteLength),
    createHash('sha256')
      .update(new Uint8Array(buffer, byteOffset, byteLength))
      .digest('hex'),
  ];
}

async function digestFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { signal })) hash.update(part as Buffer);
  return hash.digest('hex');
}
