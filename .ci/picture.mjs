// Writes a small generated PNG: picture.mjs CHECKOUT OUTPUT
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [checkout, output] = process.argv.slice(2).map(String);
const { createScene } = await import(join(checkout, 'scripts/scene.mjs'));
const { width, height, data } = createScene({ width: 61, height: 47 });
const sharp = createRequire(join(checkout, 'package.json'))('sharp');
await sharp(data, { raw: { width, height, channels: 3 } })
  .png()
  .toFile(output);
