import { ArgumentError } from '../runtime/errors.js';
import { requireString } from '../runtime/validate.js';
import { givenKernel, readKernels } from './file.js';
import type { GivenKernels } from './file.js';
import { motion } from './motion.js';
import { convolve } from './psf.js';
import type { Psf, PsfCentre } from './psf.js';
import { airy, disk, ellipse, gaussian, moffat } from './shapes.js';

/** How a kernel is written in words; shown in errors and by the command line. */
export const PSF_SYNTAX =
  'disk:R, gaussian:S or gaussian:SX,SY@ANGLE, moffat:FWHM,BETA, airy:R, ellipse:A,B@ANGLE, ' +
  'motion:LENGTH@ANGLE (or motion-matlab:...), several joined by +, or a file: kernel.npy, kernel.tif, kernel.fits, ' +
  'kernel.png, kernel.png@X,Y or kernel.png@centroid where its centre is not in the middle';

interface Shape {
  /** How many numbers there may be before the angle. */
  readonly numbers: readonly number[];
  readonly hasAngle: boolean;
  readonly make: (numbers: readonly number[], angle: number) => Psf;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  disk: { numbers: [1], hasAngle: false, make: ([radius]) => disk(radius!) },
  gaussian: { numbers: [1, 2], hasAngle: true, make: ([sigma, sigmaY], angle) => gaussian(sigma!, sigmaY, angle) },
  moffat: { numbers: [2], hasAngle: false, make: ([fwhm, beta]) => moffat(fwhm!, beta!) },
  airy: { numbers: [1], hasAngle: false, make: ([radius]) => airy(radius!) },
  ellipse: { numbers: [2], hasAngle: true, make: ([a, b], angle) => ellipse(a!, b!, angle) },
  motion: { numbers: [1], hasAngle: true, make: ([length], angle) => motion(length!, angle) },
  'motion-matlab': { numbers: [1], hasAngle: true, make: ([length], angle) => motion(length!, angle, 'matlab') },
};

/** One shape of a kernel in words. */
export interface NamedShape {
  readonly name: string;
  /** Its sizes in pixels, such as a radius; of a Moffat profile the second has no unit. */
  readonly numbers: readonly number[];
  /** In degrees, anticlockwise; 0 where it has none. */
  readonly angleDegrees: number;
}

/** The shapes that a description joins; null where it is none of shapes. Throws ArgumentError. */
export function shapesOf(text: string): readonly NamedShape[] | null {
  return isShape(text) ? text.split('+').map(parseShape) : null;
}

/** A kernel from its description, such as `disk:4+gaussian:0.8` or `kernel.png`. Throws ArgumentError or ImageError. */
export async function parse(text: string): Promise<Psf> {
  const { psf } = await parseKernels(text);
  if ('kernels' in psf) throw refuse(text, `it holds ${psf.kernels.length} kernels of a field, not one`);
  return psf;
}

/** As {@link parse}, with what the kernels imply; a file may hold a field. */
export async function parseKernels(text: string): Promise<GivenKernels> {
  requireString('psf', text);
  if (!isShape(text)) return readDescribed(text);
  const psf = text.split('+').map(parseShape).map(draw).reduce(convolve);
  return { psf, facts: givenKernel(psf).facts };
}

/** The file that a description such as `kernel.png@centroid` reads; null where it reads none. */
export function psfFileOf(text: string): string | null {
  return isShape(text) || !NAMES_FILE.test(text) ? null : (CENTRED_FILE.exec(text)?.[1] ?? text);
}

function isShape(text: string): boolean {
  const name = /^([a-z-]+):/.exec(text)?.[1];
  return name !== undefined && Object.hasOwn(SHAPES, name);
}

function refuse(text: string, reason: string): ArgumentError {
  return new ArgumentError(`'${text}' is no PSF: ${reason}. Known: ${PSF_SYNTAX}`);
}

function draw({ name, numbers, angleDegrees }: NamedShape): Psf {
  return SHAPES[name]!.make(numbers, angleDegrees);
}

function parseShape(text: string): NamedShape {
  const match = /^([a-z-]+):([^@]*)(?:@(.*))?$/.exec(text);
  const shape = match && Object.hasOwn(SHAPES, match[1]!) ? SHAPES[match[1]!] : undefined;
  if (!match || !shape) throw refuse(text, 'it names no shape');
  const numbers = match[2]!.split(',').map((part) => parseNumber(text, part));
  if (!shape.numbers.includes(numbers.length))
    throw refuse(text, `it takes ${shape.numbers.join(' or ')} numbers, not ${numbers.length}`);
  if (match[3] !== undefined && !shape.hasAngle) throw refuse(text, 'it has no angle');
  return { name: match[1]!, numbers, angleDegrees: match[3] === undefined ? 0 : parseNumber(text, match[3]) };
}

function parseNumber(text: string, part: string): number {
  if (!/^\s*-?(\d+\.?\d*|\.\d+)\s*$/.test(part)) throw refuse(text, `'${part}' is no number`);
  return Number(part);
}

/** What is no shape and has an extension or a folder is a file. */
const NAMES_FILE = /[./\\]/;
const CENTRED_FILE = /^(.+)@(?:(centroid)|(\d{1,4}),(\d{1,4}))$/;

/** `path`, `path@x,y` or `path@centroid`. */
async function readDescribed(text: string): Promise<GivenKernels> {
  const match = CENTRED_FILE.exec(text);
  if (!NAMES_FILE.test(text)) throw refuse(text, 'it is neither a shape nor a file');
  if (!match) return readKernels(text);
  const centre: PsfCentre = match[2] ? 'centroid' : [Number(match[3]), Number(match[4])];
  return readKernels(match[1]!, centre);
}
