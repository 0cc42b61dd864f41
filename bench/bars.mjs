/**
 * What the kernels are held to, as ratios of one run. A bar of another kind of processor stays open.
 * @param {{ machine: { isas: readonly string[] }, algorithms?: readonly any[], peers?: any }} results
 */
export function judgeBars({ machine, algorithms = [], peers }) {
  const hasVnni = machine.isas.includes('avx512vnni');
  const ofIsa = (isa) => algorithms.find((result) => result.isa === isa);
  const timesOurs = (name) => peers?.results.find((result) => result.name.startsWith(name))?.timesOurs;
  const bars = [
    ['avx512: Winograd over direct', 2.0, ofIsa('avx512')?.ratio],
    ['avx2: Winograd over direct', 1.8, ofIsa('avx2')?.ratio],
    ['AVX512-VNNI: effective rate over the vpdpbusd peak', 1.0, ofIsa('avx512vnni')?.shareOfPeak],
    ['AVX512-VNNI: over onnxruntime int8', 1.6, hasVnni ? timesOurs('onnxruntime int8') : undefined],
    ['AVX-512 without VNNI: over onnxruntime int8', 2.2, hasVnni ? undefined : timesOurs('onnxruntime int8')],
    ['AVX-512 without VNNI: over OpenVINO int8', 1.8, hasVnni ? undefined : timesOurs('OpenVINO int8')],
  ];
  return bars.map(([bar, wanted, found]) => ({
    bar,
    wanted,
    found,
    verdict: found === undefined ? 'open' : found >= wanted ? 'met' : 'missed',
  }));
}
