import { describe, expect, it } from 'vitest';
import type { BlurOfKind } from '../lib/estimate/blur.js';
import { declineDefocus } from '../lib/estimate/defocus.js';
import { declineMotion } from '../lib/estimate/motion/motion-blur.js';
import { choose } from '../lib/restore/choice.js';
import type { Sight, StatedModel } from '../lib/restore/choice.js';
import { blurOfEstimate, diskOf, givenBlur } from '../lib/restore/known-blur.js';

const SMALL: StatedModel = {
  name: 'small',
  range: { family: 'defocus', radiusPx: [2, 6], sigmaPx: [0, 0.7], mostNoise: 0.01 },
};

const seen = (psf: string, rest: Partial<Sight> = {}): Sight => ({
  blur: givenBlur(psf),
  noise: 0.004,
  jpegNoise: null,
  ...rest,
});

const kindOf = (sight: Sight, models: readonly StatedModel[] = [SMALL]): string => choose(sight, models).means.kind;

describe('the choice of means', () => {
  it('takes a model within its range, and deconvolution next', () => {
    const choice = choose(seen('disk:4'), [SMALL]);
    expect(choice.means).toEqual({ kind: 'network', model: 'small' });
    expect(choice.runnerUp).toEqual({ kind: 'deconvolution', psf: 'disk:4', method: 'hyper-laplacian' });
    expect(choice).toMatchObject({ blur: 'disk:4', trust: 'given', confidence: 1, noise: 0.004, jpegNoise: null });
  });

  it.each([
    ['disk:1.9', 'hyper-laplacian'],
    ['disk:6.1', 'hyper-laplacian'],
    ['disk:4+gaussian:1.1', 'hyper-laplacian'],
    ['motion:12@30', 'hyper-laplacian'],
    ['motion:12@30+disk:4', 'hyper-laplacian'],
    ['gaussian:2', 'hyper-laplacian'],
    ['disk:8+gaussian:0.3', 'wiener'],
    ['motion:25@30', 'wiener'],
    ['motion-matlab:25@30', 'wiener'],
    ['motion:8@30+disk:9', 'wiener'],
    ['ellipse:9,7@20', 'wiener'],
  ])('deconvolves %s, which no model is made for, by %s', (psf, method) => {
    const choice = choose(seen(psf), [SMALL]);
    expect(choice.means).toEqual({ kind: 'deconvolution', psf, method });
    expect(choice.runnerUp).toEqual({ kind: 'none' });
  });

  it('keeps a model from more noise than it was made for, of the sensor and of JPEG together', () => {
    expect(kindOf(seen('disk:4', { noise: 0.02 }))).toBe('deconvolution');
    expect(kindOf(seen('disk:4', { noise: 0.005, jpegNoise: 0.005 }))).toBe('network');
    expect(kindOf(seen('disk:4', { noise: 0.006, jpegNoise: 0.006 }))).toBe('deconvolution');
  });

  it('leaves a frame whose small blur may be what JPEG has added', () => {
    const blur = { ...givenBlur('disk:1.8'), trust: 'low', confidence: 0.05 } as const;
    expect(choose(seen('', { blur, jpegNoise: 0.004 }), [SMALL])).toMatchObject({
      means: { kind: 'none' },
      runnerUp: { kind: 'deconvolution', psf: 'disk:1.8' },
    });
    expect(kindOf(seen('', { blur, jpegNoise: null }))).toBe('deconvolution');
    expect(kindOf(seen('', { blur: { ...blur, confidence: 0.2 }, jpegNoise: 0.004 }))).toBe('deconvolution');
    expect(kindOf(seen('', { blur: { ...blur, words: 'disk:2.7' }, jpegNoise: 0.004 }))).toBe('deconvolution');
  });

  it('takes the first of several models, and none that is of another family', () => {
    const camera = { name: 'camera', range: { ...SMALL.range, family: 'camera' as const } };
    const second = { ...SMALL, name: 'second' };
    expect(choose(seen('disk:4'), [camera, second, SMALL]).means).toEqual({ kind: 'network', model: 'second' });
    expect(kindOf(seen('disk:4'), [camera])).toBe('deconvolution');
    expect(kindOf(seen('disk:4'), [])).toBe('deconvolution');
  });

  it('leaves what is sharp, and what it cannot tell, and says which', () => {
    const sharp = blurOfEstimate(declined('it is sharp', { radiusPx: 1.2, gaussianSigmaPx: 0.8 }));
    const unknown = blurOfEstimate(declined('no rings', { radiusPx: 9, gaussianSigmaPx: 2 }));
    for (const [blur, reason] of [
      [sharp, /sharp already/],
      [unknown, /cannot be told: no rings/],
      [blurOfEstimate(declineMotion('no lines')), /cannot be told: no lines/],
      [blurOfEstimate(declineDefocus('it is flat')), /cannot be told: it is flat/],
    ] as const) {
      const choice = choose({ blur, noise: 0.004, jpegNoise: null }, [SMALL]);
      expect(choice).toMatchObject({ blur: null, trust: 'none', confidence: 0, means: { kind: 'none' } });
      expect(choice.reason).toMatch(reason);
      expect(choice.runnerUp).toBeNull();
    }
  });
});

describe('a known blur', () => {
  it('is a disk, with a Gaussian or without, or none', () => {
    expect(diskOf(givenBlur('disk:4.021+gaussian:0.612'))).toEqual({ radiusPx: 4.021, sigmaPx: 0.612 });
    expect(diskOf(givenBlur('gaussian:0.3+disk:4.+gaussian:0.4'))).toEqual({ radiusPx: 4, sigmaPx: 0.5 });
    expect(diskOf(givenBlur('disk:4'))).toEqual({ radiusPx: 4, sigmaPx: 0 });
    for (const words of ['motion:8@2+disk:4', 'ellipse:4,3@10', 'a kernel of 31x31', 'disk:2+disk:3', 'kernel.npy'])
      expect(diskOf(givenBlur(words))).toBeNull();
  });
});

type Confidence = NonNullable<BlurOfKind['defocus']['confidence']>;

function declined(reason: string, facts: Pick<Confidence, 'radiusPx' | 'gaussianSigmaPx'>): BlurOfKind['defocus'] {
  const rest = { level: 'low', value: 0, gaussianLead: 1, radiusLead: 1, sharpLead: 1, directions: 8 } as const;
  return { ...declineDefocus(reason), confidence: { ...rest, ...facts } };
}
