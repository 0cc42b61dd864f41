import type { ImageInput } from '../image/reading.js';
import { READING_OPTIONS } from '../image/reading.js';
import type { ReadingOptions } from '../image/reading.js';
import type { ImageSource, OpenImageOptions } from '../image/source.js';
import type { OperationOptions } from '../runtime/progress.js';
import { defined } from '../runtime/validate.js';

/** What an operation on images may be told besides its own options. */
export interface ImageOptions extends OperationOptions, ReadingOptions {
  /**
   * SHA-256 in hex that the file of the first input must have. It is compared before anything is decoded: bytes that
   * have flipped inside a JPEG or WebP cannot be noticed by decoding. Pixels have none.
   */
  readonly expectSha256?: string;
}

/** The keys of {@link ImageOptions}. */
export const IMAGE_OPTIONS = [
  ...(['signal', 'onProgress', 'expectSha256'] as const),
  ...READING_OPTIONS,
] as const satisfies (keyof ImageOptions)[];

/** The options of {@link ImageOptions} that are given, and the others. */
export function splitImageOptions<Options extends ImageOptions>(
  options: Options,
): [ImageOptions, Omit<Options, keyof ImageOptions>] {
  const isOfImage = ([key]: [string, unknown]): boolean => (IMAGE_OPTIONS as readonly string[]).includes(key);
  const entries = Object.entries(options);
  const others = entries.filter((entry) => !isOfImage(entry));
  return [
    defined(Object.fromEntries(entries.filter(isOfImage))) as ImageOptions,
    Object.fromEntries(others) as Omit<Options, keyof ImageOptions>,
  ];
}

/** An input of an operation. */
export interface OperationInput {
  readonly image: ImageInput;
  /** Of the argument, for messages; 'input'. */
  readonly name?: string;
  /** SHA-256 in hex that its file must have. */
  readonly expectSha256?: string;
  /** How its samples are to be understood. */
  readonly reading?: ReadingOptions & Pick<OpenImageOptions, 'pageOfSeveral'>;
  /** Told of the image, open and not yet read, where no plan for it fits: it need not be opened again. */
  readonly onRefused?: (source: ImageSource) => void;
}

/**
 * The inputs of an operation, the first of which must be what the options expect. Masks are of the first; the value of
 * missing samples, white and the bands hold for all, and so does the page where a file has several.
 * @param names for messages
 */
export function toInputs(
  images: readonly ImageInput[],
  { expectSha256, ...options }: ImageOptions,
  names: readonly string[] = ['input'],
): OperationInput[] {
  const { nodata, white, bands, mask, valid, page } = options;
  const shared = defined({ nodata, white, bands });
  const first = { reading: { ...shared, ...defined({ mask, valid, page }) }, ...defined({ expectSha256 }) };
  return images.map((image, index) => ({
    image,
    name: names[index]!,
    ...(index === 0 ? first : { reading: { ...shared, ...defined({ pageOfSeveral: page }) } }),
  }));
}
