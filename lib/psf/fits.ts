import { memorySource } from '../files/byte-source.js';
import { unsupported } from '../image/codec/inspection.js';
import { readChunks } from '../image/fits/chunks.js';
import { readHdus } from '../image/fits/hdus.js';
import { choosePage } from '../image/fits/pages.js';
import { readValues, toValue } from '../image/fits/values.js';
import type { Matrix } from './npy.js';

/**
 * The kernel in a FITS file of any type of numbers, in double precision. Rejects with ImageProblem.
 */
export async function decodeFitsKernel(file: Buffer, maxSide: number): Promise<Matrix> {
  const { signal } = new AbortController();
  return await memorySource(file).use(signal, async (read) => {
    const page = choosePage(await readHdus(file.length, read), {}, 'the file');
    const { width, height, bands } = page;
    if (bands > 1)
      throw unsupported(`it has ${bands} planes, which may all be kernels`, 'write the one plane to a file');
    if (Math.max(width, height) > maxSide)
      throw unsupported(
        `it has ${width}x${height} pixels, more than ${maxSide} a side`,
        'write the part that has weight',
      );
    const values = readValues(page.hdu.header);
    const data = new Float64Array(width * height);
    const rows = { top: 0, count: height };
    for await (const { first, numbers } of readChunks(read, page, values.bitpix, rows, signal)) {
      for (let index = 0; index < numbers.length; index += 1) {
        const number = numbers[index]!;
        data[first + index] = Number(number) === values.blank ? NaN : toValue(number, values);
      }
    }
    return { width, height, data };
  });
}
