import { basename, extname } from 'node:path';
import { Option } from 'commander';
import { IMAGE_EXTENSIONS, formatOfExtension } from '../image/codec/sharp.js';
import type { ImageFormat } from '../image/codec/sharp.js';
import { openImage } from '../image/open-image.js';
import type { Session } from './runner.js';
import { STREAM } from './standard-streams.js';
import { stemOf } from './targets.js';
import type { TargetRule } from './targets.js';

/** Formats that frames are written in. */
export const FORMATS: readonly ImageFormat[] = ['jpeg', 'png', 'tiff', 'webp', 'fits'];

/** Where a frame is written to, and how. */
export interface ImageFlags {
  readonly output?: string;
  readonly format?: ImageFormat;
}

export function formatOption(): Option {
  return new Option(
    '--format <name>',
    'format of what is written to a folder or to standard output (default: as the input)',
  ).choices(FORMATS);
}

/** Where frames go: under the names of the inputs, or with the extension of the format that was asked for. */
export function imageRule(option: string, flags: ImageFlags): TargetRule {
  const { output, format } = flags;
  return {
    option,
    value: output,
    nameOf: (input) => (format ? `${stemOf(input)}${extensionOf(input, flags)}` : basename(input)),
    formats: format === undefined ? FORMATS : [format],
    canStream: true,
  };
}

/** The extension of a file that is named after an input. */
export function extensionOf(input: string, { format }: ImageFlags): string {
  return format ? extensionFor(format) : extname(input);
}

/**
 * The extension of what is written to a path: its own. On standard output it is that of the format that was asked for,
 * or that the input has. Rejects with ImageError.
 */
export async function streamExtension(
  path: string,
  input: string,
  flags: ImageFlags,
  { open, signal }: Session,
): Promise<string> {
  if (path !== STREAM) return extname(path);
  const extension = extensionOf(input, flags);
  if (formatOfExtension(extension)) return extension;
  const source = await openImage(await open(input), { signal });
  return extensionFor(source.format!);
}

const extensionFor = (format: ImageFormat): string =>
  IMAGE_EXTENSIONS.find((extension) => formatOfExtension(extension) === format)!;
