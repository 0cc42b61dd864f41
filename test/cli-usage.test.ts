import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WRONG_USAGE, exitCodeOf } from '../lib/cli/exit.js';
import { createProgram } from '../lib/cli/program.js';
import { perifocal } from './support/cli.js';
import { createFolder } from './support/models.js';

const folder = createFolder();
const missing = folder.path('missing.png');
afterAll(() => folder.remove());

/** Wrong usage of each command: the input does not exist, so whoever reads it first says something else. */
const WRONG: Readonly<Record<string, readonly (readonly [flags: string, message: RegExp])[]>> = {
  [`restore ${missing}`]: [
    ['-o o.bmp', /--output o\.bmp: its extension must be one of \.jpg/],
    ['-o o', /--output o: its extension/],
    ['-o o.png --format jpeg', /--output o\.png: its extension must be one of \.jpg, \.jpeg/],
    ['--format gif', /--format .*Allowed choices/],
    ['--isa foo', /Unknown instruction set 'foo'/],
    ['--threads 4', /--threads .*Allowed: 1, 2, 3/],
    ['--memory lots', /--memory .*Expected positive size/],
    ['--model foo', /Unknown model 'foo'/],
    ['--model foo --fallback disk:x', /'x' is no number/],
    ['--ensemble 3', /--ensemble .*Allowed: 1, 2, 4/],
    ['--conv fast', /--conv .*Allowed choices/],
    ['--expect-sha256 abc', /--expect-sha256 .*64 hexadecimal digits/],
    ['b.png -o out/ --expect-sha256 '.concat('0'.repeat(64)), /--expect-sha256 is for one input, 2 are given/],
    ['b.png -o -', /--output - takes one input, 2 are given/],
    ['--defects none', /--defects is for the deconvolution.*--fallback/],
    ['--known-defects k.png', /--known-defects is for the deconvolution.*--fallback/],
    ['--fallback disk:2 --defects maybe', /--defects .*Allowed choices/],
    ['--psf disk:2 --model eo-defocus', /--psf and --camera are for --model auto, not for eo-defocus/],
    ['--camera c.json --model eo-defocus', /--psf and --camera are for --model auto, not for eo-defocus/],
    ['--psf disk:2 --fallback disk:2', /--fallback is for a model that is named/],
    ['--psf disk:2 --camera c.json', /psf and camera both say what the kernel is/],
    ['--psf disk:none', /disk/],
    ['--white 0', /--white .*Expected a number above 0, or auto/],
    ['--white nan', /--white .*Expected a number above 0, or auto/],
    ['--tile-size 17', /multiple of 16 for tileSize but received 17/],
    ['--tile-size 8192', /between 16 and 4096 for tileSize/],
    ['--tile-size none --cog', /tileSize cannot be none/],
    ['-o a.png --cog', /--cog is for TIFF, not for a.png/],
    ['-o a.fits --tile-size 64', /--tile-size is for TIFF, not for a.fits/],
    ['-o a.png --window-rows 64', /--window-rows is for outputs of TIFF and FITS, not for a.png/],
    ['-o a.png --resume', /--resume is for outputs of TIFF and FITS, not for a.png/],
    ['-o - --format jpeg --cog', /--cog is for TIFF, --format is jpeg/],
    ['--window-rows 0', /between 1 and 65535 for windowRows/],
  ],
  [`deconvolve ${missing}`]: [
    ['', /required option '--psf/],
    ['--psf disk', /neither a shape nor a file/],
    [`--psf ${'disk:2 '.repeat(17).trim()}`, /PSF/i],
    ['--psf disk:2 --method magic', /--method .*Allowed choices/],
    ['--psf disk:2 --method rl --iterations 0', /for iterations but received 0/],
    ['--psf disk:2 --method rl --iterations x', /--iterations .*Expected a number/],
    ['--psf disk:2 --method rl --tau 99', /for tau but received 99/],
    ['--psf disk:2 --method rl --overrun 0', /for overrun but received 0/],
    ['--psf disk:2 --method rl --min-change 2', /for minChange/],
    ['--psf disk:2 --method rl --max-iterations 1.5', /for maxIterations/],
    ['--psf disk:2 --method rl --acceleration warp', /--acceleration .*Allowed choices/],
    ['--psf disk:2 --method rl --total-variation -1', /for totalVariation/],
    ['--psf disk:2 --method rl --damping -1', /for damping/],
    ['--psf disk:2 --method rl --offset 2', /for offset/],
    ['--psf disk:2 --method rl --saturation 97', /for saturation/],
    ['--psf disk:2 --method rl --start here', /--start .*Allowed choices/],
    ['--psf disk:2 --method rl --stop never', /--stop .*Allowed choices/],
    ['--psf disk:2 --method rl --lambda 5', /lambda is for the method hyper-laplacian/],
    ['--psf disk:2 --lambda 0', /for lambda/],
    ['--psf disk:2 --alpha 1', /for alpha/],
    ['--psf disk:2 --tau 1', /tau is for the method richardson-lucy/],
    ['--psf disk:2 --boundary wall', /--boundary .*Allowed choices/],
    ['--psf disk:2 --sigma 2', /for sigma/],
    ['--psf disk:2 --method wiener --prior steep', /--prior .*Allowed choices/],
    ['--psf disk:2 --method wiener --nsr -1', /for nsr/],
    ['--psf disk:2 --method wiener --exponent 9', /for exponent/],
    ['--psf disk:2 --isa foo', /Unknown instruction set 'foo'/],
    ['--psf disk:2 -o o.bmp', /its extension must be one of/],
  ],
  [`estimate ${missing}`]: [
    ['--kind shake', /--kind .*Allowed choices/],
    ['--kind motion --reference r.png', /cannot be used with a reference/],
    ['--reference r.png --reference-scale 0.1', /for referenceScale/],
    ['--reference r.png --reference-scale x', /--reference-scale .*Expected a number/],
    ['--reference r.png --symmetry odd', /--symmetry .*Allowed choices/],
    ['--reference r.png --grid 9x9', /of the grid but received 9/],
    ['--grid 3', /--grid .*Expected columns x rows/],
    ['--grid 2x2', /needs a reference/],
    ['-o k.tif', /--output k\.tif: its extension must be one of \.png/],
    ['-o -', /cannot go to standard output/],
    ['--isa foo', /Unknown instruction set 'foo'/],
    ['--memory -1', /--memory/],
  ],
  [`metrics ${missing}`]: [
    ['--metrics magic', /Unknown: magic\. Known: psnr/],
    ['--metrics psnr', /The metric psnr compares with a reference: give one/],
    ['--csv - --json', /cannot be used with --json/],
    ['--csv', /argument missing/],
    ['--isa foo', /Unknown instruction set 'foo'/],
    ['--threads 0', /--threads .*Allowed/],
  ],
  [`stars ${missing}`]: [
    ['--rates 0,0,1', /belong together/],
    ['--rates 0,1 --exposure 1 --focal-px 900', /--rates .*three numbers/],
    ['--rates 0,0,x --exposure 1 --focal-px 900', /--rates .*Expected numbers/],
    ['--rates 0,0,1 --exposure -1 --focal-px 900', /exposure/],
    ['--rates 0,0,1 --exposure 1 --focal-px 0', /focalPx/],
    ['--motion x', /--motion .*L@theta/],
    ['--motion 20,35', /--motion .*L@theta/],
    ['--motion 999@0', /motion\.length/],
    ['--motion auto --defocus 3', /Give one of/],
    ['--defocus x', /--defocus .*Expected a number/],
    ['--defocus 0', /for defocus/],
    ['--method wiener', /--method .*Allowed choices/],
    ['--centroid best', /--centroid .*Allowed choices/],
    ['--method none --centroid cog', /taken from the restored frame/],
    ['--gain 0', /for electronsPerCount but received 0/],
    ['--threshold 1', /for threshold/],
    ['--saturation 97', /for saturation/],
    ['--iterations 0', /for iterations/],
    ['--iterations converged', /Only iterations of 'richardson-lucy'/],
    ['--max-stars 0', /for maxStars/],
    ['-o s.gif', /its extension must be one of/],
    ['--draw d.bmp', /--draw d\.bmp: its extension/],
    ['--isa foo', /Unknown instruction set 'foo'/],
  ],
  [`report ${missing} after.png`]: [
    ['', /required option '-o, --output/],
    ['-o r.html --psf disk', /neither a shape nor a file/],
    ['-o r.html --title=', /for title/],
    ['-o ./', /is a folder/],
    ['-o r.html --isa foo', /Unknown instruction set 'foo'/],
  ],
  plan: [
    ['2048', /Expected <width>x<height>/],
    ['8x8', /for width but received 8/],
    ['64x64 --channels 17', /--channels .*Allowed/],
    ['64x64 --depth 12', /--depth .*Allowed/],
    ['64x64 --model foo', /Unknown model/],
    ['64x64 --isa foo', /Unknown instruction set/],
    ['blur 64x64', /too many arguments/],
    ['deconvolve 64x64', /required option '--psf/],
    ['deconvolve 64x64 --psf disk:2 --alpha 2', /for alpha/],
    ['estimate 64x64 --grid 2x2', /needs a reference/],
    ['metrics 64x64 --metrics psnr', /The metric psnr compares with a reference: give one/],
  ],
  psf: [
    ['disk -o k.png', /neither a shape nor a file/],
    ['disk:0 -o k.png', /radius/],
    ['disk:2 -o k.jpg', /its extension must be one of \.png/],
    ['disk:2', /required option '-o/],
  ],
  info: [['--isa foo', /Unknown instruction set/]],
  '': [
    ['reset', /unknown command 'reset'/],
    ['--nope', /unknown option '--nope'/],
  ],
};

/** Words of a command line. */
const wordsOf = (line: string): string[] => line.split(' ').filter((word) => word !== '');

const cases = Object.entries(WRONG).flatMap(([command, list]) =>
  list.map(
    ([flags, message]) => [`${command.replace(missing, 'x.png')} ${flags}`, `${command} ${flags}`, message] as const,
  ),
);

describe('wrong usage is refused before anything is read:', () => {
  beforeAll(() => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it.each(cases)('%s', async (_, line, message) => {
    const error: unknown = await createProgram()
      .parseAsync(wordsOf(line), { from: 'user' })
      .catch((reason: unknown) => reason);
    expect(exitCodeOf(error), String(error)).toBe(WRONG_USAGE);
    expect((error as Error).message).toMatch(message);
  });
});

describe('wrong usage of the command itself ends with 2 and one line:', () => {
  const samples = Object.keys(WRONG).map((command) => [command, WRONG[command]!.at(-1)!] as const);

  it.concurrent.each(samples)('%s', async (command, [flags, message]) => {
    const words = wordsOf(`${command} ${flags}`);
    const { code, text, stderr } = await perifocal(words, { cwd: folder.path('') });
    expect({ code, text }, stderr).toEqual({ code: 2, text: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^perifocal: [^\n]*\n$/);
  });

  it("and an envelope that is no input's, where envelopes are wanted", async () => {
    for (const words of [
      ['metrics', missing, '--metrics', 'psnr', '--json'],
      ['restore', '--json', missing, '--nope'],
    ]) {
      const { code, envelopes } = await perifocal(words);
      expect(code).toBe(2);
      expect(envelopes()).toEqual([
        { input: null, ok: false, error: { code: 'ARGUMENT_INVALID', message: expect.stringMatching(/^[^e]/) } },
      ]);
    }
  });

  it('and leaves nothing behind', () => {
    expect(readdirSync(folder.path(''))).toEqual([]);
    expect(existsSync(missing)).toBe(false);
  });
});
