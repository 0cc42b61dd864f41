import { ArgumentError } from '../runtime/errors.js';
import type { Acceleration, Boundary, DeconvolutionMethod } from '../runtime/native/binding.js';
import { INTEGRITY_MODES } from '../runtime/integrity.js';
import { RUNTIME_OPTIONS } from '../runtime/runtime.js';
import { expected, requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../runtime/validate.js';
import { MOST_RADIUS } from '../estimate/verdict.js';
import { ownKnownDefects } from './defects/known.js';
import { METHODS, METHOD_NAMES } from './methods/index.js';
import { preparePsf } from './psf-source.js';
import type { DeconvolveOptions, DeconvolveSettings } from './settings.js';

/** The most iterations that may be asked for. */
const MAX_ITERATIONS = 10_000;

/**
 * Measured by bench/deconvolve-stop.mjs: the best number of iterations over that at which the residual is down to the
 * noise.
 */
const OVERRUN: Readonly<Record<Acceleration, number>> = { none: 2.4, 'biggs-andrews': 1.65, 'heavy-ball': 1.65 };
const ACCELERATIONS: readonly Acceleration[] = ['none', 'biggs-andrews', 'heavy-ball'];
const BOUNDARIES: readonly Boundary[] = ['bertero', 'reflect', 'replicate', 'periodic'];
/** Stands for a kernel that is to be estimated. */
export const AUTO = 'auto';
const COMMON_KEYS: readonly string[] = ['psf', 'method', 'boundary', 'sigma', 'defects', 'knownDefects', 'integrity'];

/**
 * Checks options and makes their kernels. Rejects with ArgumentError or ImageError. @param name how errors call them
 * @param others keys that are known besides
 */
export async function checkDeconvolveOptions(
  options: DeconvolveOptions,
  name: string,
  others: readonly string[],
): Promise<DeconvolveSettings> {
  requireKnownKeys(name, options, [
    ...COMMON_KEYS,
    ...Object.values(METHODS).flatMap(({ optionKeys }) => optionKeys),
    ...others,
  ]);
  const method = requireOneOf('method', options.method ?? 'hyper-laplacian', METHOD_NAMES);
  refuseForeignKeys(method, options);
  const isPsfAuto = options.psf === AUTO;
  const psf = await preparePsf(isPsfAuto ? `disk:${MOST_RADIUS}` : options.psf);
  const settings = {
    psf,
    isPsfAuto,
    method,
    boundary: requireOneOf('boundary', options.boundary ?? 'bertero', BOUNDARIES),
    sigma: orAuto('sigma', options.sigma, 1e-6, 1),
    defects: requireOneOf<'find' | 'none'>('defects', options.defects ?? 'find', ['find', 'none']),
    knownDefects: ownKnownDefects(options.knownDefects),
    integrity: requireOneOf('integrity', options.integrity ?? 'off', INTEGRITY_MODES),
    ...checkNumbers(options, method),
  };
  checkCombination(settings);
  return settings;
}

/** An option that would be ignored is an error of the caller's. */
function refuseForeignKeys(method: DeconvolutionMethod, options: DeconvolveOptions): void {
  const own: readonly string[] = [...COMMON_KEYS, ...RUNTIME_OPTIONS, ...METHODS[method].optionKeys];
  const given = (Object.keys(options) as (keyof DeconvolveOptions)[]).filter((key) => options[key] !== undefined);
  const foreign = given.find((key) => !own.includes(key));
  if (foreign === undefined) return;
  const owners = METHOD_NAMES.filter((other) => METHODS[other].optionKeys.includes(foreign));
  throw new ArgumentError(`The option ${foreign} is for the method ${owners.join(' or ')}, not for ${method}`);
}

function orAuto(name: string, value: number | 'auto' | undefined, min: number, max: number): number | null {
  return value === undefined || value === 'auto' ? null : requireNumber(name, value, min, max);
}

function checkNumbers(
  options: DeconvolveOptions,
  method: DeconvolutionMethod,
): Omit<
  DeconvolveSettings,
  'psf' | 'isPsfAuto' | 'method' | 'boundary' | 'sigma' | 'defects' | 'knownDefects' | 'integrity'
> {
  const { iterations = 'auto', alpha = 2 / 3 } = options;
  const acceleration = requireOneOf('acceleration', options.acceleration ?? 'biggs-andrews', ACCELERATIONS);
  if (!(typeof alpha === 'number' && alpha > 0 && alpha < 1))
    throw expected('number between 0 and 1, both excluded', 'alpha', alpha);
  return {
    iterations:
      iterations === 'auto' ? METHODS[method].iterations : requireInteger('iterations', iterations, 1, MAX_ITERATIONS),
    stop: requireOneOf('stop', options.stop ?? 'discrepancy', ['discrepancy', 'relative-change']),
    tau: requireNumber('tau', options.tau ?? 1, 0.1, 10),
    overrun: requireNumber('overrun', options.overrun ?? OVERRUN[acceleration], 1, 10),
    minChange: requireNumber('minChange', options.minChange ?? 0.002, 1e-9, 1),
    maxIterations: requireInteger('maxIterations', options.maxIterations ?? 400, 1, MAX_ITERATIONS),
    acceleration,
    totalVariation: requireNumber('totalVariation', options.totalVariation ?? 0, 0, 1),
    damping: requireNumber('damping', options.damping ?? 0, 0, 100),
    offset: requireNumber('offset', options.offset ?? 0, 0, 1),
    saturation: options.saturation === undefined ? Infinity : requireNumber('saturation', options.saturation, 0, 1),
    start: requireOneOf('start', options.start ?? 'flat', ['flat', 'observed']),
    modes: requireInteger('modes', options.modes ?? 1, 1, 8),
    lambda: orAuto('lambda', options.lambda, 1e-3, 1e9),
    alpha,
    prior: requireOneOf('prior', options.prior ?? 'power-law', ['flat', 'gradient', 'power-law']),
    nsr: orAuto('nsr', options.nsr, 0, 1e6),
    exponent: requireNumber('exponent', options.exponent ?? 2, 0, 8),
    level: null,
  };
}

function checkCombination({ psf, method, modes }: Pick<DeconvolveSettings, 'psf' | 'method' | 'modes'>): void {
  if (METHODS[method].isMultiplicative && psf.hasNegative)
    throw new ArgumentError('Richardson-Lucy needs a PSF without negative weights');
  if (modes > 1 && !psf.isField) throw new ArgumentError(`modes ${modes} needs a field of PSFs`);
  if (psf.nodes < modes)
    throw new ArgumentError(`${modes} modes need a field of at least as many PSFs, this one has ${psf.nodes}`);
}
