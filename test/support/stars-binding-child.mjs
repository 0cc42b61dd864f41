// Works on star frames in every way by the addon that is named, where no other can be loaded: stars-binding-child.mjs
import { stars } from '../../dist/index.js';

const nativeBinding = 'build/Release/perifocal.node';
const motion = { lengthPx: 8, angleDegrees: 20 };
const { frame } = stars.simulate({ width: 128, height: 128, stars: 3, flux: 5e4, motion });
/** @type {stars.StarOptions[]} */
const BLURS = [{}, { motion: 'paper' }, { defocus: 'auto' }, { motion }];
/** @type {stars.StarOptions[]} */
const METHODS = [{ method: 'richardson-lucy' }, { method: 'render' }, { centroid: 'cog' }];
for (const blur of BLURS)
  for (const rest of METHODS) await stars.restoreStars(frame, { nativeBinding, ...blur, ...rest });
stars.planStars(frame, { nativeBinding });
const tracker = await stars.StarTracker.open({ nativeBinding });
for (let index = 0; index < 2; index += 1) await tracker.next(frame);
await tracker.dispose();
