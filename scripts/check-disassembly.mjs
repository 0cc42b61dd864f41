// Disassembles the kernels of a CMake build and fails if the inner loop of a register tile, direct or Winograd, touches
// the stack: a spilled accumulator costs more than half of the speed, and whether it happens is up to each compiler.
//   node scripts/check-disassembly.mjs BUILD_FOLDER x64|arm64
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ address: number, text: string }} Instruction */
/** @typedef {{ begin: number, end: number }} Range addresses of the first and the last instruction of a loop */

const [build, architecture] = process.argv.slice(2);
if (!build || (architecture !== 'x64' && architecture !== 'arm64'))
  throw new Error('usage: check-disassembly.mjs BUILD_FOLDER x64|arm64');
const isX64 = architecture === 'x64';
const objdump = isX64 ? 'objdump' : 'aarch64-linux-gnu-objdump';
const MULTIPLY = isX64 ? /^(\{vex\} )?(vpdpbusd|vpdpwssd|vpmaddwd)\b/ : /^(sdot|smmla|smull2?|smlal2?)\b/;
const BRANCH = isX64
  ? /^j[a-z]+\s+([0-9a-f]+)/
  : /^(?:b(?:\.[a-z]+)?|cbn?z\s+\w+,|tbn?z\s+\w+,\s*#\w+,)\s+([0-9a-f]+)\b/;

/**
 * The instructions of every instance of computeTile (direct) and computeProducts (Winograd), by its template arguments.
 * @param {string} object
 */
function disassembleTiles(object) {
  const text = execFileSync(objdump, ['-d', '--no-show-raw-insn', '-C', object], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  /** @type {Map<string, Instruction[]>} */
  const tiles = new Map();
  for (const block of text.split(/\n\n+/)) {
    const name = /^[0-9a-f]+ <.*\bcompute(Tile|Products)<.*::\w+, (\d+)(?:, (\d+))?>/.exec(block);
    if (!name) continue;
    tiles.set(
      name[1] === 'Tile' ? `direct ${name[2]}` : `winograd ${name[2]} x ${name[3]}`,
      [...block.matchAll(/^\s*([0-9a-f]+):\t(.*)$/gm)].map(([, address, code]) => ({
        address: parseInt(String(address), 16),
        text: String(code).trim(),
      })),
    );
  }
  return tiles;
}

/** Name and version of the compiler that made an object. @param {string} object */
function readCompiler(object) {
  const comment = execFileSync('readelf', ['-p', '.comment', object], { encoding: 'utf8' });
  const [, name, version] = /(GCC|clang)\D.*?(\d+\.\d+\.\d+)\s*$/m.exec(comment) ?? [];
  return `${name} ${version}`;
}

/**
 * Loops that multiply and hold no smaller loop that does.
 * @param {Instruction[]} code
 * @returns {Range[]}
 */
function findInnerLoops(code) {
  /** @type {Range[]} */
  const loops = [];
  for (const { address, text } of code) {
    const target = parseInt(BRANCH.exec(text)?.[1] ?? '', 16);
    if (target <= address && code.some((one) => one.address === target)) loops.push({ begin: target, end: address });
  }
  const multiplying = loops.filter((loop) => within(code, loop).some(({ text }) => MULTIPLY.test(text)));
  return multiplying.filter(
    (loop) => !multiplying.some((other) => other !== loop && other.begin >= loop.begin && other.end <= loop.end),
  );
}

/** @param {Instruction[]} code @param {Range} range */
const within = (code, { begin, end }) => code.filter(({ address }) => address >= begin && address <= end);

/**
 * Whether an instruction reads or writes the frame; rbp is a frame pointer only where the function makes it one.
 * @param {Instruction[]} code
 */
function stackPattern(code) {
  if (!isX64) return /[[ ,](sp|x29)\b/;
  return code.some(({ text }) => /^mov\s+%rsp,%rbp/.test(text)) ? /%r[sb]p/ : /%rsp/;
}

const units = Object.keys(
  JSON.parse(readFileSync(new URL('../native/sources.json', import.meta.url), 'utf8')).isa[architecture],
);
let [passed, failed] = [0, 0];
console.log(`${'compiler'.padEnd(14)} ${'unit'.padEnd(13)} ${'tile'.padEnd(15)} instructions multiplies stack`);
for (const unit of units) {
  const object = join(build, `CMakeFiles/perifocal-units.dir/native/kernels/${unit}.cc.o`);
  const compiler = readCompiler(object);
  const tiles = disassembleTiles(object);
  if (tiles.size === 0) throw new Error(`${unit}: found no register tile; was it inlined or renamed?`);
  for (const [tile, code] of tiles) {
    const loops = findInnerLoops(code);
    if (loops.length === 0) throw new Error(`${unit}: found no multiplying loop in tile ${tile}`);
    const stack = stackPattern(code);
    for (const loop of loops) {
      const body = within(code, loop);
      const spills = body.filter(({ text }) => stack.test(text));
      const multiplies = body.filter(({ text }) => MULTIPLY.test(text)).length;
      if (spills.length === 0) passed += 1;
      else failed += 1;
      console.log(
        [
          compiler.padEnd(14),
          unit.padEnd(13),
          tile.padEnd(15),
          String(body.length).padStart(12),
          String(multiplies).padStart(10),
          String(spills.length).padStart(5),
          spills.length === 0 ? '' : 'FAILED',
        ]
          .join(' ')
          .trimEnd(),
      );
      for (const { address, text } of spills) console.log(`  ${address.toString(16)}: ${text}`);
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
