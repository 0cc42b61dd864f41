/**
 * Waves in raw RGB; the time of a frame does not depend on what is in it.
 * @param {number} width
 * @param {number} height
 */
export function createFrame(width, height) {
  const data = new Uint8Array(width * height * 3);
  for (let index = 0; index < data.length; index += 1) {
    const [x, y] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
    data[index] = 128 + 90 * Math.sin(x / 9 + (index % 3)) * Math.cos(y / 7);
  }
  return { width, height, channels: /** @type {const} */ (3), depth: /** @type {const} */ (8), data };
}
