import FFT from 'fft.js';

/** @param {number} n */
export const isPowerOfTwo = (n) => Number.isInteger(Math.log2(n));

/** A real line by fft.js, which knows powers of two only; half spectrum, interleaved. @param {number} length */
export function createLineTransform(length) {
  const fft = new FFT(length);
  const values = Float64Array.from({ length }, Math.random);
  const out = fft.createComplexArray();
  return () => fft.realTransform(out, values);
}

/**
 * A real image by fft.js, as frugal as its interface lets it be: real rows, then the columns of the half spectrum.
 * @param {number} rows
 * @param {number} columns
 */
export function createImageTransform(rows, columns) {
  const across = new FFT(columns);
  const down = new FFT(rows);
  const values = Float64Array.from({ length: rows * columns }, Math.random);
  const stride = columns + 2;
  const spectrum = new Float64Array(rows * stride);
  const line = across.createComplexArray();
  const column = down.createComplexArray();
  const result = down.createComplexArray();
  return () => {
    for (let row = 0; row < rows; row += 1) {
      across.realTransform(line, values.subarray(row * columns, (row + 1) * columns));
      for (let i = 0; i < stride; i += 1) spectrum[row * stride + i] = line[i];
    }
    for (let bin = 0; bin < stride; bin += 2) {
      for (let row = 0; row < rows; row += 1) {
        column[2 * row] = spectrum[row * stride + bin];
        column[2 * row + 1] = spectrum[row * stride + bin + 1];
      }
      down.transform(result, column);
      for (let row = 0; row < rows; row += 1) {
        spectrum[row * stride + bin] = result[2 * row];
        spectrum[row * stride + bin + 1] = result[2 * row + 1];
      }
    }
  };
}
