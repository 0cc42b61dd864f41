import { createRandom, sampleNormal } from '../../math/random.js';

/** Above this mean, counts are drawn by rejection; below, by multiplying uniform numbers (Knuth). */
const REJECTION_FROM = 10;

/** Seeded random numbers, equal on every platform up to the last bits of its exp and log. */
export class Random {
  /** Uniform in [0, 1). */
  readonly uniform: () => number;

  /** @param seed any integer of 32 bits */
  constructor(seed: number) {
    this.uniform = createRandom(seed);
  }

  /** Standard normal. */
  normal(): number {
    return sampleNormal(this.uniform);
  }

  /** Poisson counts of this mean, >= 0. */
  poisson(mean: number): number {
    return mean < REJECTION_FROM ? this.#poissonByProducts(mean) : this.#poissonByRejection(mean);
  }

  #poissonByProducts(mean: number): number {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.uniform(); product > limit; product *= this.uniform()) count += 1;
    return count;
  }

  /** Transformed rejection with squeeze (Hoermann 1993, algorithm PTRS). */
  #poissonByRejection(mean: number): number {
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = 1 - this.uniform();
      const us = 0.5 - Math.abs(u);
      const count = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return count;
      if (count < 0 || (us < 0.013 && v > us)) continue;
      if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= count * Math.log(mean) - mean - logFactorial(count))
        return count;
    }
  }
}

/** Stirling's series, exact to 1e-9 from 10 on; below that by products. */
function logFactorial(n: number): number {
  if (n < 10) {
    let product = 1;
    for (let factor = 2; factor <= n; factor += 1) product *= factor;
    return Math.log(product);
  }
  const x = n + 1;
  return (
    (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5)
  );
}
