import { describe, expect, it } from 'vitest';
import {
  PerifocalError,
  Restorer,
  Runtime,
  deconvolve,
  estimate,
  fft,
  formatPlan,
  metrics,
  planEstimate,
  planReport,
  psf,
  stars,
  writeEstimate,
} from '../lib/index.js';
import { createFrame } from './support/frames.js';
import { randomModel } from './support/models.js';

const frame = createFrame({ width: 32, height: 32 });
const model = randomModel(1, 32);
const kernel = psf.disk(1);

async function withRestorer(work: (restorer: Restorer) => unknown): Promise<void> {
  await using restorer = await Restorer.open({ model });
  await work(restorer);
}

/** Calls of those who do not check types, each with one argument that is none. */
const calls: Readonly<Record<string, (nothing: never) => unknown>> = {
  'Runtime.open': (nothing) => Runtime.open(nothing ?? null!),
  'Restorer.open': (nothing) => Restorer.open(nothing ?? null!),
  'plan of a restorer': (nothing) => withRestorer((restorer) => restorer.plan(nothing)),
  'options of restoreFiles': (nothing) => withRestorer((one) => one.restoreFiles([], nothing ?? null!).next()),
  'size of a stream': (nothing) => withRestorer((restorer) => restorer.stream([], nothing).next()),
  'options of a stream': (nothing) => withRestorer((one) => one.stream([], frame, nothing ?? null!).next()),
  'path of a restored image': (nothing) =>
    withRestorer(async (restorer) => (await restorer.restore(frame)).toFile(nothing)),
  'options of deconvolve': (nothing) => deconvolve(frame, nothing),
  'options of estimate': (nothing) => estimate(frame, nothing ?? null!),
  'size of planEstimate': (nothing) => planEstimate(nothing),
  'options of planEstimate': (nothing) => planEstimate(frame, nothing ?? null!),
  'size of planMetrics': (nothing) => metrics.planMetrics(nothing),
  'size of planReport': (nothing) => planReport(nothing),
  'size of planStars': (nothing) => stars.planStars(nothing),
  'estimate of writeEstimate': (nothing) => writeEstimate('kernel.png', 'in.png', nothing),
  'plan of formatPlan': (nothing) => formatPlan(nothing),
  'options of goodSize': (nothing) => fft.goodSize(7, nothing ?? null!),
  'PSF of convolve': (nothing) => psf.convolve(kernel, nothing),
  'field of kernelAt': (nothing) => psf.kernelAt(nothing, 0, 0),
  'field of decompose': (nothing) => psf.decompose(nothing, 2),
  'result of drawStars': (nothing) => stars.drawStars(nothing),
  'stars of formatCsv': (nothing) => stars.formatCsv(nothing),
  'stars of toTetra3': (nothing) => stars.toTetra3(nothing),
  'path of writeCsv': (nothing) => stars.writeCsv(nothing, []),
  'query of predictIterations': (nothing) => stars.predictIterations(nothing),
  'pointing of pointingMatrix': (nothing) => stars.pointingMatrix(nothing),
};

describe('an argument that is missing, null or a number is refused by an error of this package', () => {
  it.each(Object.keys(calls))('%s', async (name) => {
    for (const nothing of [undefined, null, 0] as never[]) {
      const error: unknown = await (async () => calls[name]!(nothing))().then(
        () => `${String(nothing)} was taken`,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(PerifocalError);
      expect(error).toMatchObject({ code: 'ARGUMENT_INVALID' });
    }
  });
});
