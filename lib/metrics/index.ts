export { METRIC_NAMES, measure } from './measure.js';
export type { MeasureOptions, Measurement, MetricName } from './measure.js';
export type { MetricInput } from './input.js';
export type { MetricOptions } from './options.js';
export { msSsim, psnr, ssim } from './similarity.js';
export type { RangeOptions, SsimOptions } from './similarity.js';
