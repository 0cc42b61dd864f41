// Pictures for people: the middles of several images, magnified, next to each other.
import sharp from 'sharp';

/** @import { Rgb } from './scene.mjs' */

const ZOOM = 2;

/** @param {Rgb} image */
export const toSharp = ({ width, height, data }) => sharp(data, { raw: { width, height, channels: 3 } });

/**
 * The middle of a picture, magnified.
 * @param {Rgb} image
 * @param {number} crop side in pixels of the image
 */
const detail = (image, crop) =>
  toSharp(image)
    .extract({ left: (image.width - crop) >> 1, top: (image.height - crop) >> 1, width: crop, height: crop })
    .resize(crop * ZOOM, crop * ZOOM, { kernel: 'nearest' })
    .png()
    .toBuffer();

/**
 * Details next to each other, as a PNG file.
 * @param {Rgb[]} images
 * @param {number} crop side of a detail in pixels of its image
 * @param {string} path
 * @param {import('sharp').PngOptions} [options]
 */
export async function writeDetails(images, crop, path, options = {}) {
  const side = crop * ZOOM;
  const details = await Promise.all(images.map((image) => detail(image, crop)));
  await sharp({ create: { width: side * images.length, height: side, channels: 3, background: 'black' } })
    .composite(details.map((input, index) => ({ input, left: index * side, top: 0 })))
    .png(options)
    .toFile(path);
}
