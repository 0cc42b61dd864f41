import { describe, expect, it } from 'vitest';
import { Restorer } from '../../lib/index.js';
import type { Frame, Plan, RestorerOptions } from '../../lib/index.js';
import { loadBinding } from '../../lib/runtime/native/loader.js';
import { createFrame, digest, roundToEven } from '../support/frames.js';
import { randomModel } from '../support/models.js';

const model = randomModel(2, 8);
const frame = createFrame({ width: 213, height: 150 });

async function restore(
  source: Frame,
  options: RestorerOptions,
): Promise<{ data: Uint8Array | Uint16Array; plan: Plan }> {
  await using restorer = await Restorer.open({ model, memory: '1GB', threads: 2, ...options });
  const { data, report } = await restorer.restore(source);
  return { data, plan: report.plan };
}

const reference = await restore(frame, { threads: 1 });

describe('the same bytes come out', () => {
  it('and are not the bytes that went in', () => {
    expect(digest(reference.data)).not.toBe(digest(frame.data));
    expect(new Set(reference.data).size).toBeGreaterThan(100);
  });

  it.each([1, 2, 3, 4, 7, 16, 64, 216])('with strips of %i rows', async (stripRows) => {
    expect(digest((await restore(frame, { stripRows })).data)).toBe(digest(reference.data));
  });

  it.each([1, 2, 3])('with %i threads', async (threads) => {
    expect(digest((await restore(frame, { threads })).data)).toBe(digest(reference.data));
  });

  it.each(
    loadBinding()
      .isas()
      .filter(({ supported }) => supported)
      .map(({ name }) => name),
  )('with %s', async (isa) => {
    expect(digest((await restore(frame, { isa })).data)).toBe(digest(reference.data));
  });

  it.each(
    loadBinding()
      .isas()
      .filter(({ supported, winograd }) => supported && winograd)
      .map(({ name }) => name),
  )('with %s, by Winograd and directly', async (isa) => {
    expect(digest((await restore(frame, { isa, conv: 'winograd' })).data)).toBe(digest(reference.data));
    expect(digest((await restore(frame, { isa, conv: 'direct' })).data)).toBe(digest(reference.data));
  });

  it('whether the transformed weights are kept or made anew', async () => {
    const kept = await restore(frame, { conv: 'winograd' });
    expect(kept.plan.pass.keepWeights).toBe(true);
    const room = kept.plan.bytes - 1;
    const anew = await restore(frame, { conv: 'winograd', memory: room });
    expect(anew.plan.pass.keepWeights).toBe(false);
    expect(anew.plan.bytes).toBeLessThan(kept.plan.bytes);
    expect(digest(anew.data)).toBe(digest(kept.data));
  });

  it('along image columns, as planned, and along image rows, as streamed', async () => {
    expect(reference.plan.direction).toBe('columns');
    await using restorer = await Restorer.open({ model, memory: '1GB' });
    const rows = new Uint8Array(frame.data.length);
    for await (const { row, data } of restorer.stream([frame.data], frame)) rows.set(data, row * frame.width * 3);
    expect(digest(rows)).toBe(digest(reference.data));
  });

  it.each([
    [213, 150],
    [150, 213],
  ])('in column panels of a %ix%i frame as in one piece', async (width, height) => {
    // One block and the widest ratio of frame to halo, so that panels do save memory.
    const small = { model: randomModel(1, 16), stripRows: 4 };
    const wide = createFrame({ width: 3 * width, height: 3 * height });
    const whole = await restore(wide, small);
    let { plan } = whole;
    const layouts: number[] = [];
    for (;;) {
      const split = await restore(wide, { ...small, memory: plan.bytes - 1 }).catch(() => null);
      if (!split) break;
      expect(digest(split.data)).toBe(digest(whole.data));
      expect(split.plan.bytes).toBeLessThan(plan.bytes);
      ({ plan } = split);
      layouts.push(plan.layout.panels.length);
    }
    expect(layouts.length).toBeGreaterThan(0);
    expect(Math.max(...layouts)).toBeGreaterThan(1);
  });
});

describe('sizes that are no multiples of 4', () => {
  it.each([
    [16, 16],
    [17, 19],
    [18, 33],
    [35, 16],
  ])('%ix%i restores as the frame padded by reflection does', async (width, height) => {
    const small = createFrame({ width, height });
    const [paddedWidth, paddedHeight] = [Math.ceil(width / 4) * 4, Math.ceil(height / 4) * 4];
    const padded = createFrame({ width: paddedWidth, height: paddedHeight });
    const reflect = (index: number, size: number): number => (index < size ? index : 2 * size - 2 - index);
    const pixel = (x: number, y: number): number => reflect(y, height) * width + reflect(x, width);
    for (let y = 0; y < paddedHeight; y += 1) {
      for (let x = 0; x < paddedWidth; x += 1) {
        padded.data.set(small.data.subarray(3 * pixel(x, y), 3 * pixel(x, y) + 3), 3 * (y * paddedWidth + x));
      }
    }
    const restored = (await restore(small, {})).data;
    const expected = (await restore(padded, {})).data;
    for (let y = 0; y < height; y += 1) {
      expect(restored.subarray(3 * y * width, 3 * (y + 1) * width)).toEqual(
        expected.subarray(3 * y * paddedWidth, 3 * (y * paddedWidth + width)),
      );
    }
  });
});

/** The frame mirrored left-right and top-bottom. */
function mirror(source: Frame, flipX: boolean, flipY: boolean): Frame {
  const { width, height, channels } = source;
  const data = source.data.slice();
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (flipY ? height - 1 - y : y) * width + (flipX ? width - 1 - x : x);
      data.set(source.data.subarray(from * channels, (from + 1) * channels), (y * width + x) * channels);
    }
  }
  return { ...source, data };
}

describe('the self-ensemble', () => {
  // 16-bit samples far from both ends show the residual F unclamped: y - x = rne(257 F / 16) (docs/model-format.md).
  const deep = createFrame({ width: 72, height: 60, depth: 16, range: [0.3, 0.7] });
  const residualOf = ({ data }: { data: Uint8Array | Uint16Array }, source: Frame): number[] =>
    Array.from(data, (value, index) => Math.round(((value - source.data[index]!) * 16) / 257));

  it.each([2, 4] as const)('of %i passes is the mean of as many flipped restorations', async (ensemble) => {
    const flips = [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ].slice(0, ensemble) as [boolean, boolean][];
    const sums = new Array<number>(deep.data.length).fill(0);
    for (const [flipX, flipY] of flips) {
      const flipped = mirror(deep, flipX, flipY);
      const residual = Int32Array.from(residualOf(await restore(flipped, {}), flipped));
      // Shifted into an unsigned frame, so that one mirror serves pixels and residuals.
      const back = mirror({ ...deep, data: Uint16Array.from(residual, (value) => value + 32_768) }, flipX, flipY);
      back.data.forEach((value, index) => {
        sums[index]! += value - 32_768;
      });
    }
    const expected = sums.map((sum, index) => deep.data[index]! + roundToEven((257 * sum) / (16 * ensemble)));
    const { data, plan } = await restore(deep, { ensemble });
    expect(Array.from(data)).toEqual(expected);
    expect(plan.buffers.find(({ name }) => name === 'ensemble sums')?.bytes).toBe(72 * 60 * 3 * 2);
  });

  it.each([2, 4] as const)(
    'of %i passes is symmetric: a mirrored frame gives the mirrored result',
    async (ensemble) => {
      const plain = createFrame({ width: 64, height: 48 });
      const { data } = await restore(plain, { ensemble });
      const mirrored = await restore(mirror(plain, true, ensemble === 4), { ensemble });
      expect(mirror({ ...plain, data: mirrored.data }, true, ensemble === 4).data).toEqual(data);
    },
  );
});

describe('samples', () => {
  const restoredRgb = async (source: Frame): Promise<Frame> => ({ ...source, data: (await restore(source, {})).data });

  it('of grey are restored as RGB of three equal channels, of which the first is kept', async () => {
    const grey = createFrame({ width: 40, height: 36, channels: 1 });
    const rgb = await restoredRgb({
      ...grey,
      channels: 3,
      data: Uint8Array.from({ length: grey.data.length * 3 }, (_, i) => grey.data[Math.floor(i / 3)]!),
    });
    const { data } = await restore(grey, {});
    expect(data.length).toBe(40 * 36);
    // The three residuals differ with random weights; grey is one of them or their mean: within their range.
    data.forEach((value, pixel) => {
      const three = rgb.data.subarray(3 * pixel, 3 * pixel + 3);
      expect(value).toBeGreaterThanOrEqual(Math.min(...three));
      expect(value).toBeLessThanOrEqual(Math.max(...three));
    });
  });

  it.each([
    [2, 8],
    [4, 8],
    [2, 16],
    [4, 16],
  ] as const)('of alpha (%i channels, %i bits) pass through, and leave the colours alone', async (channels, depth) => {
    const withAlpha = createFrame({ width: 41, height: 37, channels, depth });
    const colours = channels - 1;
    const opaque = {
      ...withAlpha,
      channels: colours as 1 | 3,
      data: withAlpha.data.filter((_, i) => i % channels !== colours),
    };
    const { data } = await restore(withAlpha, {});
    const restoredColours = await restore(opaque, {});
    expect(data.filter((_, i) => i % channels === colours)).toEqual(
      withAlpha.data.filter((_, i) => i % channels === colours),
    );
    expect(data.filter((_, i) => i % channels !== colours)).toEqual(restoredColours.data);
  });

  it('of 16 bits keep what 8 bits would lose', async () => {
    const deep = createFrame({ width: 40, height: 36, depth: 16, range: [0.2, 0.8] });
    const { data } = await restore(deep, {});
    expect(new Set(Array.from(data, (value) => value % 257)).size).toBeGreaterThan(200);
  });
});
