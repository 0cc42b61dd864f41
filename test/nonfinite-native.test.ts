import { describe, expect, it } from 'vitest';
import { loadBinding } from '../lib/runtime/native/loader.js';
import { SOLVER_PSF, SOLVER_SETTINGS, SOLVER_SHAPE } from './support/native-cases.js';
import { ticketOf } from './support/tickets.js';

const binding = loadBinding();
const isa = binding.isas().find(({ supported }) => supported)!.name;
const ticket = ticketOf(binding);

const WIDTH = 96;
const HEIGHT = 80;
const PIXELS = WIDTH * HEIGHT;

const FRAMES: Record<string, (pixel: number) => number> = {
  zeros: () => 0,
  'columns of stripes': (pixel) => pixel % 2,
  'rows of stripes': (pixel) => Math.floor(pixel / WIDTH) % 2,
  'no numbers': () => NaN,
  'some that are no numbers': (pixel) => [0.5, 0.4, NaN, Infinity, 0.6][pixel % 5]!,
  negatives: (pixel) => -(pixel % 3),
  'the smallest floats': (pixel) => (pixel % 3) * 1e-45,
};

const frameOf = (name: string): Float32Array => Float32Array.from({ length: PIXELS }, (_, i) => FRAMES[name]!(i));
const windowOf = (samples: Float32Array) => ({ samples, frameWidth: WIDTH, channels: 1, channel: 0, left: 0, top: 0 });

const METHODS = [
  { method: 'wiener', acceleration: 'none', totalVariation: false, masked: false },
  { method: 'hyper-laplacian', acceleration: 'none', totalVariation: false, masked: false },
  { method: 'richardson-lucy', acceleration: 'none', totalVariation: false, masked: false },
  { method: 'richardson-lucy', acceleration: 'biggs-andrews', totalVariation: true, masked: true },
] as const;

describe.each(Object.keys(FRAMES))('a frame of %s', (name) => {
  it.each(METHODS)('leaves finite what $method with acceleration $acceleration makes of it', async (method) => {
    const solver = binding.createSolver({ ...SOLVER_SHAPE, ...method, width: WIDTH, height: HEIGHT, threads: 1 }, isa);
    await solver.setPsf(SOLVER_PSF, ticket);
    const { masked, totalVariation } = method;
    const settings = { saturation: masked ? 0.55 : Infinity, totalVariation: totalVariation ? 0.002 : 0 };
    solver.configure({ ...SOLVER_SETTINGS, ...settings });
    const loaded = await solver.load(windowOf(frameOf(name)), null, ticket);
    const { change, ...step } = await solver.step(ticket);
    const target = windowOf(new Float32Array(PIXELS));
    await solver.store(target, ticket);
    expect(Object.values({ ...loaded, ...step }).every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(change)).toBe(method.method !== 'wiener');
    expect(target.samples.every(Number.isFinite)).toBe(true);
    solver.dispose();
  });

  it('has a finite sky, and a trail whose errors are known or Infinity', async () => {
    const [data, invalid] = [new Float32Array(PIXELS), new Uint8Array(PIXELS)];
    const window = windowOf(frameOf(name));
    const size = { width: WIDTH, height: HEIGHT, threads: 1 } as const;
    const request = {
      brightness: window,
      colours: window,
      colourCount: 1,
      ...size,
      saturation: Infinity,
      count: 0,
      widestStar: 36,
    };
    const { sigma, level } = await binding.measureSky(request, data, invalid, ticket);
    expect([sigma, level, ...data].every(Number.isFinite)).toBe(true);
    const trail = { centres: Float64Array.of(30, 30, 60, 40), side: 32, longest: 16 };
    const mask = { length: 4, angle: 0.3, margin: 8 };
    const { misfit, lengthSigma, angleSigma, ...shape } = await binding.fitTrail(
      { data, invalid, ...size, ...trail, mask },
      isa,
      ticket,
    );
    expect(Object.values(shape).every(Number.isFinite)).toBe(true);
    expect([misfit, lengthSigma, angleSigma].some(Number.isNaN)).toBe(false);
  });
});

describe('a frame of huge values', () => {
  it('has a trail whose errors are Infinity', async () => {
    const data = Float32Array.from({ length: PIXELS }, (_, i) => (((i * 7919) % 97) / 97) * 1e25);
    const plane = { data, invalid: new Uint8Array(PIXELS), width: WIDTH, height: HEIGHT, threads: 1 } as const;
    const trail = { centres: Float64Array.of(30, 30), side: 32, longest: 16 };
    const fit = await binding.fitTrail({ ...plane, ...trail, mask: { length: 4, angle: 0.3, margin: 8 } }, isa, ticket);
    expect(fit).toMatchObject({ misfit: Infinity, lengthSigma: Infinity, angleSigma: Infinity });
  });
});
