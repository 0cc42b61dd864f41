#!/usr/bin/env node
// What the NEON kernels should cost on cores that are not at hand: llvm-mca on the inner loops of a build for ARM64.
//   node bench/arm-model.mjs BUILD_FOLDER
// Every load is taken to hit the first-level cache and every loop to repeat for ever, so that times are lower bounds;
// the ratio of two kernels is what the model is good for.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { formatTable } from './tables.mjs';

const [build] = process.argv.slice(2);
if (!build) throw new Error('usage: arm-model.mjs BUILD_FOLDER');
const OBJECT = join(build, 'CMakeFiles/perifocal-units.dir/native/kernels/neon.cc.o');
/** Name for llvm-mca, and clock in GHz of a board that has it: MSM8916, RPi 4, RPi 5. */
const CORES = /** @type {const} */ ([
  ['cortex-a53', 1.2],
  ['cortex-a72', 1.8],
  ['cortex-a76', 2.4],
]);
const ITERATIONS = 100;
/** Channels, and pixels of a pass row at their scale, of a 2048x1536 frame through MIMO-UNet+. */
const SCALES = /** @type {const} */ ([
  [32, 1536],
  [64, 768],
  [128, 384],
]);
const FRAME_GMAC = 7234;

/** @typedef {{ readonly address: number, readonly text: string }} Instruction */

/** Instructions of the functions whose names contain a text. @param {string} name @returns {Instruction[]} */
function disassemble(name) {
  const text = execFileSync('aarch64-linux-gnu-objdump', ['-d', '--no-show-raw-insn', '-C', OBJECT], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const body = text
    .split(/\n\n+/)
    .find((block) => /^[0-9a-f]+ </.test(block) && block.slice(0, block.indexOf('\n')).includes(name));
  if (!body) throw new Error(`${OBJECT} has no ${name}`);
  return [...body.matchAll(/^\s*([0-9a-f]+):\t(.*)$/gm)].map(([, address, code]) => ({
    address: parseInt(String(address), 16),
    text: String(code)
      .replace(/\s*\/\/.*/, '')
      .trim(),
  }));
}

/**
 * The loops of a function, as the instructions between the target of a backward branch and the branch.
 * @param {Instruction[]} code
 */
function loopsOf(code) {
  return code.flatMap(({ address, text }) => {
    const target = parseInt(
      /^(?:b(?:\.\w+)?|cbn?z\s+\w+,|tbn?z\s+\w+,\s*#\w+,)\s+([0-9a-f]+)\b/.exec(text)?.[1] ?? '',
      16,
    );
    return target <= address ? [code.filter((one) => one.address >= target && one.address <= address)] : [];
  });
}

/** The shortest loop that holds an instruction. @param {Instruction[]} code @param {RegExp} instruction */
function innerLoop(code, instruction) {
  const loops = loopsOf(code).filter((loop) => loop.some(({ text }) => instruction.test(text)));
  return loops.sort((a, b) => a.length - b.length)[0];
}

/** Cycles per iteration. @param {Instruction[]} code @param {string} core */
function cyclesOf(code, core) {
  const assembly = code.map(({ text }) => text.replace(/\b[0-9a-f]+ <.*>/, '.')).join('\n');
  const output = execFileSync(
    'llvm-mca',
    ['-mtriple=aarch64-linux-gnu', `-mcpu=${core}`, `-iterations=${ITERATIONS}`],
    { input: `${assembly}\n`, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] },
  );
  return Number(/Total Cycles:\s+(\d+)/.exec(output)?.[1]) / ITERATIONS;
}

const loops = {
  direct: innerLoop(disassemble('computeTile<perifocal::(anonymous namespace)::Neon, 4>'), /^s(mlal2?|adalp)\b/),
  products: innerLoop(disassemble('computeProducts<perifocal::(anonymous namespace)::Neon, 4, 5>'), /^smlal2?\b/),
  // All of it: it has no loop.
  output: disassemble('::transformTile('),
  // The longest loop goes from tile to tile.
  input: loopsOf(disassemble('::transformChannels(')).sort((a, b) => b.length - a.length)[0],
  weights: disassemble('transformKernels<perifocal::(anonymous namespace)::Neon, true>'),
  epilogue: innerLoop(
    disassemble('finishTileAs<perifocal::(anonymous namespace)::Neon, (perifocal::Epilogue)2>'),
    /^fcvtns\b/,
  ),
};
/** Multiply-accumulates of the direct convolution that one iteration stands for. */
const MACS = { direct: 4 * 16 * 4, products: 5 * 16 * 4 * 4 };

/** Cycles of a tile of 4x4 pixels and all its channels, epilogue included. */
function tileCycles(cycles, channels, width) {
  const macs = 144 * channels ** 2;
  const epilogue = 16 * (channels / 4) * cycles.epilogue;
  const transforms =
    (channels / 8) * cycles.input +
    (channels / 4) * cycles.output +
    ((channels ** 2 / 8) * cycles.weights) / (width / 4);
  return {
    macs,
    direct: (macs / MACS.direct) * cycles.direct + epilogue,
    winograd: (macs / MACS.products) * cycles.products + transforms + epilogue,
  };
}

console.log('Inner loops: instructions per MAC of the direct convolution');
console.log(
  formatTable(
    ['loop', 'instructions', 'MACs', 'per MAC'],
    Object.entries(MACS).map(([name, macs]) => [
      name === 'direct' ? 'direct' : 'winograd',
      String(loops[name].length),
      String(macs),
      (loops[name].length / macs).toFixed(3),
    ]),
  ),
);
const rows = [];
for (const [core, clock] of CORES) {
  const cycles = Object.fromEntries(Object.entries(loops).map(([name, code]) => [name, cyclesOf(code, core)]));
  const tiles = SCALES.map(([channels, width]) => tileCycles(cycles, channels, width));
  for (const algorithm of /** @type {const} */ (['direct', 'winograd'])) {
    // A third of the work at each scale.
    const perMac = tiles.map((tile) => tile[algorithm] / tile.macs);
    const mean = perMac.reduce((sum, value) => sum + value, 0) / perMac.length;
    const loop = algorithm === 'direct' ? cycles.direct / MACS.direct : cycles.products / MACS.products;
    rows.push([
      core,
      algorithm,
      loop.toFixed(3),
      ...perMac.map((value) => value.toFixed(3)),
      (clock / mean).toFixed(1),
      String(Math.round((FRAME_GMAC * mean) / clock)),
      String(Math.round((FRAME_GMAC * mean) / clock / 3)),
    ]);
  }
  const [direct, winograd] = ['direct', 'winograd'].map((algorithm) =>
    tiles.reduce((sum, tile) => sum + tile[algorithm] / tile.macs, 0),
  );
  rows.push([
    core,
    'ratio',
    (cycles.direct / MACS.direct / (cycles.products / MACS.products)).toFixed(2),
    ...tiles.map((tile) => (tile.direct / tile.winograd).toFixed(2)),
    '',
    (direct / winograd).toFixed(2),
    '',
  ]);
}
console.log(
  `\nCycles per MAC by llvm-mca; seconds of a 2048x1536 frame through MIMO-UNet+ ` +
    `at ${CORES.map(([, clock]) => clock).join(', ')} GHz`,
);
console.log(
  formatTable(
    ['core', 'kernel', 'inner loop', '32 channels', '64', '128', 'GMAC/s', 'seconds, 1 core', '3 cores'],
    rows,
  ),
);
