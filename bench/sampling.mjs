import Benchmark from 'benchmark';
import { ticketOf } from './tickets.mjs';

/** @import { Binding } from '../dist/runtime/native/binding.js' */

/**
 * Times one call of an asynchronous function with Benchmark.js. Callers take single samples in turn and compare
 * medians: on a machine whose clock varies, what is compared must be measured close together.
 * @param {string} name
 * @param {() => Promise<unknown>} work
 * @returns {Promise<number>} seconds
 */
export function timeOnce(name, work) {
  return new Promise((resolve, reject) => {
    let failure;
    new Benchmark(name, {
      defer: true,
      async: true,
      initCount: 1,
      minSamples: 1,
      minTime: 1e-9,
      maxTime: 1e-9,
      fn(deferred) {
        work()
          .catch((error) => {
            failure = error;
          })
          .then(() => deferred.resolve());
      },
      onComplete: ({ target }) =>
        (failure ?? target.error) ? reject(failure ?? target.error) : resolve(target.stats.sample[0]),
    }).run();
  });
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Range of the samples over their median: how far to trust a figure. @param {readonly number[]} values */
export const spread = (values) => (Math.max(...values) - Math.min(...values)) / median(values);

/**
 * Samples of work, with the rate of the bare multiply-accumulate instruction on as many threads measured before and
 * after each.
 * @param {Binding} binding
 * @param {string} isa
 * @param {number} threads
 * @param {number} count
 * @param {() => Promise<number>} measure MAC/s of one sample
 */
export async function sampleAgainstPeak(binding, isa, threads, count, measure) {
  const rates = [];
  const shares = [];
  let before = await binding.measurePeak(isa, threads, ticketOf(binding, threads));
  for (let sample = 0; sample < count; sample += 1) {
    const rate = await measure();
    const after = await binding.measurePeak(isa, threads, ticketOf(binding, threads));
    rates.push(rate);
    shares.push(rate / ((before + after) / 2));
    before = after;
  }
  return { rates, shares };
}
