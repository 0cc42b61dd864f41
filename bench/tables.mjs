const percent = (share) => `${(100 * share).toFixed(1)} %`;
const oneDigit = (value) => value.toFixed(1);

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows first column left, the others right */
export function formatTable(head, rows) {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ');
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const formatMachine = ({ cpu, cores, isas, node, compiler, onnxruntime, version }) =>
  [
    `perifocal ${version}, Node ${node}, compiler ${compiler}, onnxruntime ${onnxruntime}`,
    `${cpu}, ${cores} cores, instruction sets: ${isas.join(', ')}`,
    'Medians; spread = (largest - smallest) / median. Compare figures within one run only: clocks vary.',
  ].join('\n');

const formatKernels = (results) =>
  `3x3 convolution with requantisation, one core\n${formatTable(
    ['ISA', 'algorithm', 'channels', 'width', 'GMAC/s', '% of peak', 'spread'],
    results.map(({ isa, algorithm, channels, width, gmacPerSecond, shareOfPeak, spread }) => [
      isa,
      algorithm,
      String(channels),
      String(width),
      oneDigit(gmacPerSecond),
      percent(shareOfPeak),
      percent(spread),
    ]),
  )}`;

const formatAlgorithms = (results) =>
  `Direct convolution and Winograd, strips of 16 rows, alternating (medians; the best strip in brackets)\n${formatTable(
    ['ISA', 'network', 'frame', 'threads', 'peak GMAC/s', 'direct', 'Winograd', 'ratio', '% of peak', 'spread'],
    results.map(
      ({ isa, blocks, base, width, height, threads, peak, direct, winograd, best, ratio, shareOfPeak, spread }) => [
        isa,
        `n ${blocks}, base ${base}`,
        `${width}x${height}`,
        String(threads),
        `${peak.toFixed(0)} (${best.peak.toFixed(0)})`,
        `${direct.toFixed(0)} (${best.direct.toFixed(0)})`,
        `${winograd.toFixed(0)} (${best.winograd.toFixed(0)})`,
        ratio.toFixed(2),
        percent(shareOfPeak),
        percent(spread),
      ],
    ),
  )}`;

const formatIntegrity = (results) =>
  `What integrity adds to the processor time of one thread, in turns with 'off'; medians of rounds\n${formatTable(
    ['network', 'ISA', 'algorithm', 'mode', 'adds', 'least', 'most', 'goal'],
    results.map(({ blocks, base, isa, algorithm, mode, cost, range, goal }) => [
      `n ${blocks}, base ${base}`,
      isa,
      algorithm,
      mode,
      ...[cost, ...range].map(percent),
      goal === undefined ? '' : percent(goal),
    ]),
  )}`;

const formatBars = (bars) =>
  `Bars\n${formatTable(
    ['bar', 'wanted', 'found', ''],
    bars.map(({ bar, wanted, found, verdict }) => [bar, wanted.toFixed(1), found?.toFixed(2) ?? '', verdict]),
  )}`;

const formatThreads = (results) =>
  `The same frames by several threads, where other programs leave the cores free and where one takes a core, in turns;
speed and CPU time are those of one thread in the same rounds\n${formatTable(
    ['cores', 'network', 'frame', 'threads', 'seconds', 'CPU s', 'speed', 'CPU time', 'spread'],
    results.map(({ cores, blocks, base, width, height, threads, seconds, cpuSeconds, speed, cpu, spread }) => [
      cores,
      `n ${blocks}, base ${base}`,
      `${width}x${height}`,
      String(threads),
      seconds.toFixed(3),
      cpuSeconds.toFixed(3),
      `${speed.toFixed(2)}x`,
      `${cpu.toFixed(2)}x`,
      percent(spread),
    ]),
  )}`;

const formatFrames = (results) =>
  `Whole frames end to end: strips of raw pixels in, restored rows out, no files\n${formatTable(
    ['network', 'ISA', 'threads', 'frame', 'seconds', 'GMAC/s', '% of peak', 'spread', 'CPU got', 'peak RSS'],
    results.map(
      ({
        blocks,
        base,
        isa,
        threads,
        width,
        height,
        seconds,
        gmacPerSecond,
        shareOfPeak,
        spread,
        cpuShare,
        peakRssMB,
      }) => [
        `n ${blocks}, base ${base}`,
        isa,
        String(threads),
        `${width}x${height}`,
        seconds.toFixed(2),
        oneDigit(gmacPerSecond),
        percent(shareOfPeak),
        percent(spread),
        percent(cpuShare),
        `${peakRssMB.toFixed(0)} MB`,
      ],
    ),
  )}`;

const formatFiles = ({ blocks, base, width, height, threads, secondsInTurn, secondsOverlapping, ratio, spread }) =>
  [
    `JPEG files into PNG files, ${width}x${height}, n ${blocks}, base ${base}, ${threads} threads: seconds for each`,
    formatTable(
      ['', 'one by one', 'overlapping', 'ratio', 'spread'],
      [['file', secondsInTurn.toFixed(2), secondsOverlapping.toFixed(2), ratio.toFixed(2), percent(spread)]],
    ),
  ].join('\n');

const formatPeers = ({ blocks, base, width, height, tile, tiles, threads, results }) =>
  [
    `One ${width}x${height} frame, n ${blocks}, base ${base}, ${threads} threads, alternately in one process`,
    `ONNX Runtime: the time of one ${tile}x${tile} tile times ${tiles}, without overlap (its seams stay visible)`,
    formatTable(
      ['runtime', 'seconds', 'GMAC/s', '% of peak', 'x ours', 'spread'],
      results.map(({ name, secondsPerFrame, gmacPerSecond, shareOfPeak, timesOurs, spread }) => [
        name,
        secondsPerFrame.toFixed(2),
        oneDigit(gmacPerSecond),
        shareOfPeak ? percent(shareOfPeak) : '',
        timesOurs.toFixed(2),
        percent(spread),
      ]),
    ),
  ].join('\n');

const formatFft = ({ versions, results }) => {
  const ratio = (seconds, ours) => (seconds === undefined ? '' : (seconds / ours).toFixed(2));
  return [
    'Real transforms, float32, the fastest of all calls, alternating; ' +
      `scipy ${versions.scipy ?? 'missing'}, ${versions.fftw ?? 'FFTW missing'} (measured plans)`,
    formatTable(
      ['transform', 'ISA', 'threads', 'ms', 'GFLOPS', 'scipy / ours', 'FFTW / ours', 'fft.js / ours'],
      results.map(({ shape, threads, inverse, isa, seconds, gflops }) => [
        `${inverse ? 'inverse' : 'forward'} ${shape.join('x')}`,
        isa,
        String(threads),
        (1000 * seconds.ours).toPrecision(3),
        oneDigit(gflops),
        ratio(seconds.scipy, seconds.ours),
        ratio(seconds.fftw, seconds.ours),
        ratio(seconds.fftjs, seconds.ours),
      ]),
    ),
  ].join('\n');
};

const formatSolvers = ({ width, height, isa, threads, versions, iteration, solvers, shrinkage }) => {
  const milliseconds = (seconds) => (1000 * seconds).toFixed(1);
  const peer = (name, version, seconds) =>
    version
      ? `${name} ${version} ${milliseconds(seconds)} ms (${oneDigit(seconds / solvers[0].step)} x)`
      : `${name} missing`;
  const peers = [
    peer('scipy', versions.scipy, iteration.scipy),
    peer('scikit-image', versions.skimage, iteration.skimage),
  ];
  const costs = shrinkage.map(({ alpha, nanoseconds }) => `alpha ${alpha.toFixed(2)}: ${nanoseconds.toFixed(2)} ns`);
  return [
    `Deconvolution of a ${width}x${height} plane, 33x33 PSF, ${isa}, ${threads} threads; alternating, the fastest`,
    formatTable(
      ['solver', 'ms load', 'ms per step', 'steps', 'ms store', 'all in iterations', 'MB mapped'],
      solvers.map(({ name, load, step, steps, store, mappedBytes }) => [
        name,
        milliseconds(load),
        milliseconds(step),
        String(steps),
        milliseconds(store),
        oneDigit((load + steps * step + store) / solvers[0].step),
        (mappedBytes / 1e6).toFixed(1),
      ]),
    ),
    `Richardson-Lucy iteration of peers, alternately: ${peers.join(', ')}`,
    `w-step, one core: ${costs.join(', ')} per gradient`,
  ].join('\n');
};

const formatMetrics = ({ width, height, isa, threads, versions, results }) => {
  const milliseconds = (found) => (found === undefined ? '' : (1000 * found.seconds).toFixed(1));
  const value = (found) => (found === undefined ? '' : found.value.toPrecision(8));
  const version = (name, found, hint) => `${name} ${found ?? `missing: ${hint}`}`;
  const peers = [
    version('scikit-image', versions.skimage, 'python3-skimage'),
    version('piq', versions.piq, 'pip install piq'),
  ];
  return [
    `Metrics of a grey ${width}x${height} frame, ${isa}; alternately, the fastest of all; ${peers.join(', ')}`,
    formatTable(
      ['metric', 'ms, 1 thread', `ms, ${threads} threads`, 'scikit-image', 'piq', 'value', 'of scikit-image', 'of piq'],
      results.map(({ metric, one, ours, skimage, piq }) => [
        metric,
        milliseconds(one),
        milliseconds(ours),
        milliseconds(skimage),
        milliseconds(piq),
        value(ours),
        value(skimage),
        value(piq),
      ]),
    ),
  ].join('\n');
};

const formatMethods = ({ width, height, threads, radius, skimage, results }) =>
  [
    `Whole deconvolutions of a ${width}x${height} RGB frame, file to file: defocus of ${radius} px, shot noise ` +
      `0.005, ${results[0].isa}, ${threads} threads`,
    `scikit-image ${skimage ?? 'missing'}: the three colours in memory, as many iterations, its Wiener filter ` +
      'with the best balance',
    formatTable(
      ['method', 'PSNR', 'gain', 'iterations', 'seconds', 'ms per iteration', 'peak RSS', 'scikit-image', 'x ours'],
      results.map(({ name, before, after, iterations, seconds, secondsPerIteration, peakRssBytes, peer }) => [
        name,
        `${before.toFixed(2)} -> ${after.toFixed(2)} dB`,
        `${(after - before).toFixed(2)} dB`,
        String(iterations),
        seconds.toFixed(2),
        (1000 * secondsPerIteration).toFixed(0),
        `${(peakRssBytes / 1e6).toFixed(0)} MB`,
        peer ? `${peer.psnr.toFixed(2)} dB in ${peer.seconds.toFixed(1)} s` : '',
        peer ? oneDigit(peer.seconds / seconds) : '',
      ]),
    ),
  ].join('\n');

const formatEstimate = ({ width, height, threads, radius, length, results }) =>
  [
    `Estimates of a ${width}x${height} RGB frame, defocus of ${radius} px or motion by ${length}, ${threads} ` +
      'threads, decoding left out of the time; the fastest of all',
    formatTable(
      ['estimate', 'seconds', 'CPU seconds', 'peak RSS', 'found'],
      results.map(({ name, seconds, cpuSeconds, peakRssBytes, psf }) => [
        name,
        Math.min(...seconds).toFixed(2),
        Math.min(...cpuSeconds).toFixed(2),
        `${(peakRssBytes / 1e6).toFixed(0)} MB`,
        psf ?? 'a kernel',
      ]),
    ),
  ].join('\n');

const formatStars = ({ side, stars, trail, threads, isa, iterations, versions, errors, results }) => {
  const error = (found) => (found === undefined ? '' : found === null ? 'stars missing' : `${found.toFixed(3)} px`);
  return [
    `Star frame of ${side}x${side} pixels, 16 bits, ${stars} stars, trails of ${trail.lengthPx} ` +
      `px, ${iterations} iterations of Richardson-Lucy; ${isa}; the fastest of all`,
    `scipy ${versions.scipy ?? 'missing'}, scikit-image ${versions.skimage ?? 'missing'}: transforms ` +
      `on ${threads} threads; mean error of places ${error(errors.ours)}, peers ${error(errors.peer)}`,
    formatTable(
      ['step', 'ms, 1 thread', `ms, ${threads} threads`, 'peers, ms', 'x ours'],
      results.map(({ step, one, ours, peer }) => [
        step,
        (1000 * one).toFixed(1),
        (1000 * ours).toFixed(1),
        peer === undefined ? '' : (1000 * peer).toFixed(0),
        peer === undefined ? '' : oneDigit(peer / ours),
      ]),
    ),
  ].join('\n');
};

/** Each case is a row of each solver. */
const formatIdentify = ({ openMs, bytes, versions, results }) => {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const rowOf = (name, solver, { frames, solved, wrong, median, p99, worst }) => [
    name,
    solver,
    `${solved} of ${frames}`,
    `${wrong}`,
    ...[median, p99, worst].map((ms) => ms.toFixed(2)),
  ];
  return [
    `Stars identified, camera of 15 degrees known: index of ${(bytes / 1e6).toFixed(1)} MB in ` +
      `${openMs.toFixed(0)} ms; peers with fewer frames, 5 seconds at most: ${names.join(', ') || 'none'}`,
    formatTable(
      ['frames', 'solver', 'solved', 'wrong', 'ms, median', 'p99', 'worst'],
      results.flatMap(({ name, ours, peers }) => [
        rowOf(name, 'perifocal', ours),
        ...Object.entries(peers).map(([peer, tally]) => rowOf('', peer, tally)),
      ]),
    ),
  ].join('\n');
};

/** All results for people. */
export const formatReport = ({
  machine,
  kernels,
  algorithms,
  integrity,
  frames,
  threads,
  files,
  peers,
  bars,
  fft,
  solvers,
  methods,
  metrics,
  estimate,
  stars,
  identify,
}) =>
  [
    formatMachine(machine),
    kernels && formatKernels(kernels),
    algorithms && formatAlgorithms(algorithms),
    integrity && formatIntegrity(integrity),
    frames && formatFrames(frames),
    threads && formatThreads(threads),
    files && formatFiles(files),
    peers && formatPeers(peers),
    bars && formatBars(bars),
    fft && formatFft(fft),
    solvers && formatSolvers(solvers),
    methods && formatMethods(methods),
    metrics && formatMetrics(metrics),
    estimate && formatEstimate(estimate),
    stars && formatStars(stars),
    identify && formatIdentify(identify),
  ]
    .filter(Boolean)
    .join('\n\n');
