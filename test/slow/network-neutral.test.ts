import { describe, expect, it } from 'vitest';
import { Restorer, listModels } from '../../lib/index.js';
import { loadBinding } from '../../lib/runtime/native/loader.js';
import { createFrame } from '../support/frames.js';
import { arrange, createRamp, createUniform, meanOf } from '../support/neutral-frames.js';

const models = await listModels();
const ways = loadBinding()
  .isas()
  .filter(({ supported }) => supported)
  .flatMap(({ name, winograd }) =>
    (winograd ? (['direct', 'winograd'] as const) : (['direct'] as const)).map((conv) => ({ isa: name, conv })),
  );

const ramps = [
  [0, 255, 512],
  [255, 0, 300],
  [0, 255, 256],
  [100, 110, 512],
  [20, 40, 512],
  [200, 220, 512],
  [60, 180, 400],
] as const;

describe.each(models)('%s', (model) => {
  it('gives every uniform frame back as it is', async () => {
    await using restorer = await Restorer.open({ model, threads: 2 });
    for (let level = 0; level < 256; level += 15) {
      for (const colour of [[level], [level, 255 - level, (level * 7) % 256]]) {
        const frame = createUniform(colour, 8, 33, 20);
        expect((await restorer.restore(frame)).data).toEqual(frame.data);
      }
    }
  });

  it.each(ways)('keeps grey grey by $isa, $conv', async (way) => {
    await using restorer = await Restorer.open({ model, threads: 2, ...way });
    const grey = createFrame({ width: 50, height: 38, channels: 1 });
    const alone = { ...grey, data: (await restorer.restore(grey)).data as Uint8Array };
    expect((await restorer.restore(arrange(grey, [0, 0, 0]))).data).toEqual(arrange(alone, [0, 0, 0]).data);
  });

  it.each(ramps)('keeps the mean of a ramp from %i to %i over %i px', async (low, high, length) => {
    await using restorer = await Restorer.open({ model, threads: 2 });
    for (const isVertical of [false, true]) {
      const ramp = createRamp(low, high, length, isVertical);
      const { data } = await restorer.restore(ramp);
      expect(Math.abs(meanOf(data) - meanOf(ramp.data))).toBeLessThan(0.05);
    }
  });
});
