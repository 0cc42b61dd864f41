import type { NetworkShape } from '../../runtime/native/binding.js';
import type { Dtype } from './safetensors.js';

/** Where a layer reads: the image, the 8-bit tensor that another layer wrote, or a product with scales of its own. */
export type Source = 'image' | 'product' | { readonly layer: string };

/** One convolution of MIMO-UNet; `key` is its prefix in the state dict. */
export interface Layer {
  readonly key: string;
  /** PyTorch order: (out, in, k, k), or (in, out, k, k) when transposed. */
  readonly weightShape: readonly [number, number, number, number];
  readonly outChannels: number;
  /** Whether a ReLU follows: such an output has zero point -128. */
  readonly relu: boolean;
  /** Concatenated sources in concat order. */
  readonly sources: readonly Source[];
}

/** Keys of the int16 trunks, `<stage>.trunk_scale`. */
export const TRUNK_KEYS: readonly string[] = ['Encoder', 'Decoder'].flatMap((side) =>
  [0, 1, 2].map((index) => `${side}.${index}.trunk_scale`),
);

const linear = (key: string, inChannels: number, outChannels: number, kernel: number, ...sources: Source[]): Layer => ({
  key,
  weightShape: [outChannels, inChannels, kernel, kernel],
  outChannels,
  relu: false,
  sources,
});

const relu = (key: string, inChannels: number, outChannels: number, kernel: number, ...sources: Source[]): Layer => ({
  ...linear(key, inChannels, outChannels, kernel, ...sources),
  relu: true,
});

const transposed = (key: string, inChannels: number, outChannels: number, source: Source): Layer => ({
  key,
  weightShape: [inChannels, outChannels, 4, 4],
  outChannels,
  relu: true,
  sources: [source],
});

const from = (layer: string): Source => ({ layer });

/** SCM (specification: mimo-unet.md section 2); `channels` is that of the scale it serves. */
function scmLayers(name: string, channels: number): Layer[] {
  const key = (index: number): string => `${name}.main.${index}.main.0`;
  return [
    relu(key(0), 3, channels / 4, 3, 'image'),
    relu(key(1), channels / 4, channels / 2, 1, from(key(0))),
    relu(key(2), channels / 2, channels / 2, 3, from(key(1))),
    relu(key(3), channels / 2, channels - 3, 1, from(key(2))),
    linear(`${name}.conv.main.0`, channels, channels, 1, 'image', from(key(3))),
  ];
}

/** The residual blocks of one stage; the first reads what `input` wrote. */
function stageLayers(stage: string, blocks: number, channels: number, input: string): Layer[] {
  const key = (block: number, half: number): string => `${stage}.layers.${block}.main.${half}.main.0`;
  return Array.from({ length: blocks }, (_, block) => [
    relu(key(block, 0), channels, channels, 3, from(block === 0 ? input : key(block - 1, 1))),
    linear(key(block, 1), channels, channels, 3, from(key(block, 0))),
  ]).flat();
}

/** AFF of one scale: 1x1 over all three scales, then 3x3. */
function affLayers(index: number, base: number, channels: number, scales: readonly string[]): Layer[] {
  const first = `AFFs.${index}.conv.0.main.0`;
  return [
    relu(first, 7 * base, channels, 1, ...scales.map(from)),
    linear(`AFFs.${index}.conv.1.main.0`, channels, channels, 3, from(first)),
  ];
}

/** Every layer of MIMO-UNet that runs at inference, in an order in which producers come first. */
export function networkLayers({ residualBlocks: n, baseWidth: base }: NetworkShape): Layer[] {
  const feat = (index: number): string => `feat_extract.${index}.main.0`;
  const last = (stage: string): string => `${stage}.layers.${n - 1}.main.1.main.0`;
  const scales = [last('Encoder.0'), last('Encoder.1'), last('Encoder.2')];
  return [
    ...scmLayers('SCM2', 2 * base),
    ...scmLayers('SCM1', 4 * base),
    relu(feat(0), 3, base, 3, 'image'),
    ...stageLayers('Encoder.0', n, base, feat(0)),
    relu(feat(1), base, 2 * base, 3, from(last('Encoder.0'))),
    linear('FAM2.merge.main.0', 2 * base, 2 * base, 3, 'product'),
    ...stageLayers('Encoder.1', n, 2 * base, 'FAM2.merge.main.0'),
    relu(feat(2), 2 * base, 4 * base, 3, from(last('Encoder.1'))),
    linear('FAM1.merge.main.0', 4 * base, 4 * base, 3, 'product'),
    ...stageLayers('Encoder.2', n, 4 * base, 'FAM1.merge.main.0'),
    ...affLayers(1, base, 2 * base, scales),
    ...affLayers(0, base, base, scales),
    ...stageLayers('Decoder.0', n, 4 * base, last('Encoder.2')),
    transposed(feat(3), 4 * base, 2 * base, from(last('Decoder.0'))),
    relu('Convs.0.main.0', 4 * base, 2 * base, 1, from(feat(3)), from('AFFs.1.conv.1.main.0')),
    ...stageLayers('Decoder.1', n, 2 * base, 'Convs.0.main.0'),
    transposed(feat(4), 2 * base, base, from(last('Decoder.1'))),
    relu('Convs.1.main.0', 2 * base, base, 1, from(feat(4)), from('AFFs.0.conv.1.main.0')),
    ...stageLayers('Decoder.2', n, base, 'Convs.1.main.0'),
    linear(feat(5), base, 3, 3, from(last('Decoder.2'))),
  ];
}

export interface TensorType {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** Every tensor that a runtime file holds, and nothing else, by key. */
export function expectedTensors(shape: NetworkShape): Map<string, TensorType> {
  const types = new Map<string, TensorType>();
  for (const { key, weightShape, outChannels, sources } of networkLayers(shape)) {
    types.set(`${key}.weight`, { dtype: 'I8', shape: weightShape });
    types.set(`${key}.weight_scale`, { dtype: 'F32', shape: [outChannels] });
    types.set(`${key}.bias`, { dtype: 'I32', shape: [outChannels] });
    types.set(`${key}.input_scale`, { dtype: 'F32', shape: [sources.length] });
    types.set(`${key}.input_zero_point`, { dtype: 'I32', shape: [sources.length] });
    types.set(`${key}.output_scale`, { dtype: 'F32', shape: [1] });
    types.set(`${key}.output_zero_point`, { dtype: 'I32', shape: [1] });
  }
  for (const key of TRUNK_KEYS) types.set(key, { dtype: 'F32', shape: [1] });
  return types;
}
