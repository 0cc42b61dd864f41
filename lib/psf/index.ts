/** Point spread functions: shapes, files, arrays, and what can be done with them. */
export type { KernelFacts } from './facts.js';
export { decompose, fromGrid, kernelAt } from './field.js';
export type { PsfField, PsfModes } from './field.js';
export { read } from './file.js';
export { motion } from './motion.js';
export type { MotionMode } from './motion.js';
export { MAX_PSF_RADIUS, MAX_PSF_SIDE, convolve, fromArray } from './psf.js';
export type { Psf, PsfCentre, PsfWeights } from './psf.js';
export { airy, disk, ellipse, gaussian, moffat } from './shapes.js';
export { PSF_SYNTAX, parse } from './spec.js';
