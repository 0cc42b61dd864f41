import { Option } from 'commander';
import type { Command } from 'commander';
import type { RgbBands } from '../image/frame.js';
import type { ReadingOptions } from '../image/reading.js';
import { numberOf } from '../image/tiff/nodata.js';
import { defined } from '../runtime/validate.js';
import { parser } from './options.js';
import type { Session } from './runner.js';

/** How the samples of inputs are to be understood. */
export interface ReadingFlags {
  readonly nodata?: number | 'none';
  readonly mask?: string;
  readonly white?: number | 'auto';
  readonly page?: number;
  readonly bands?: readonly RgbBands[];
}

/** Any number, also NaN and infinities as programs write them. */
const parseNodata = parser((text: string): number | 'none' => {
  if (text === 'none') return text;
  const value = numberOf(text.trim());
  if (value === null) throw new Error('Expected a number, nan, inf or none.');
  return value;
});

const parseWhite = parser((text: string): number | 'auto' => {
  if (text === 'auto') return text;
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value > 0 && value < Infinity)) throw new Error('Expected a number above 0, or auto.');
  return value;
});

const parsePage = parser((text: string): number => {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new Error('Expected the number of a page, from 1.');
  return Number(text);
});

const parseBands = parser((text: string): RgbBands[] =>
  text.split(';').map((triple) => {
    const bands = triple.split(',').map((band) => (/^\d+$/.test(band.trim()) ? Number(band) : NaN));
    if (bands.length !== 3 || !bands.every((band) => band >= 1 && band <= 16))
      throw new Error(
        'Expected three bands from 1 to 16 with commas between, such as 3,2,1; a semicolon between triples.',
      );
    return bands as unknown as RgbBands;
  }),
);

/** The options of all commands that read images. */
export function addReadingOptions(command: Command): Command {
  const number = (flags: string, text: string, parse: (text: string) => unknown): Option =>
    new Option(flags, text).argParser(parse);
  return command
    .addOption(
      number(
        '--nodata <value>',
        'value of samples that are missing, or none (default: what the file says)',
        parseNodata,
      ),
    )
    .option('--mask <file>', 'picture of the same size that is 0 where pixels are missing')
    .addOption(
      number('--white <value>', 'value of white samples, or auto (default: the file, else the samples)', parseWhite),
    )
    .addOption(number('--page <number>', 'page of a file that has several, from 1', parsePage))
    .addOption(
      number(
        '--bands <triples>',
        'bands that are red, green and blue, such as 3,2,1 (default: what the file says)',
        parseBands,
      ),
    );
}

/** The library's options from the command line's. */
export async function toReadingOptions(
  { nodata, mask, white, page, bands }: ReadingFlags,
  { open }: Pick<Session, 'open'>,
): Promise<ReadingOptions> {
  const picture = mask === undefined ? undefined : await open(mask);
  return defined({ nodata, mask: picture, white, page, bands });
}
