import { memorySource } from '../files/byte-source.js';
import { readChunks } from '../image/fits/chunks.js';
import { readHdus } from '../image/fits/hdus.js';
import { choosePage } from '../image/fits/pages.js';
import { readValues } from '../image/fits/values.js';
import type { Matrix } from './npy.js';

/**
 * The kernel in a FITS file of any type of numbers: the sum of its bands, in double precision. Rejects with
 * ImageProblem.
 */
export async function decodeFitsKernel(file: Buffer, maxSide: number): Promise<Matrix> {
  const { signal } = new AbortController();
  return await memorySource(file).use(signal, async (read) => {
    const page = choosePage(await readHdus(file.length, read), undefined, 'the file');
    const { width, height } = page;
    if (Math.max(width, height) > maxSide)
      throw new Error(`${width}x${height} pixels, each side must be at most ${maxSide}`);
    const { bitpix, scale, zero, blank } = readValues(page.hdu.header);
    const data = new Float64Array(width * height);
    const rows = { top: 0, count: height };
    for await (const { first, numbers } of readChunks(read, page, bitpix, rows, signal)) {
      for (let index = 0; index < numbers.length; index += 1) {
        const number = Number(numbers[index]!);
        data[first + index]! += number === blank ? NaN : zero + scale * number;
      }
    }
    return { width, height, data };
  });
}
