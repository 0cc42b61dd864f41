import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deconvolver } from '../../lib/index.js';
import { createFrame } from '../support/frames.js';
import { createFolder } from '../support/models.js';
import { imageOf } from '../support/picture-files.js';

const hasExiftool = spawnSync('exiftool', ['-ver'], { stdio: 'ignore' }).status === 0;
const folder = createFolder();
afterAll(() => folder.remove());

function exiftool(...words: string[]): string {
  const { stdout, stderr, status } = spawnSync('exiftool', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** What is written into every input, by exiftool. */
const WORDS = [
  '-IFD0:Make=Perifocal',
  '-IFD0:Model=Model 7 \u00b5',
  '-IFD0:ImageDescription=A scene, described',
  '-IFD0:Artist=Nobody',
  '-IFD0:Copyright=(c) nobody',
  '-IFD0:Software=a test',
  '-IFD0:ModifyDate=2026:01:02 03:04:05',
  '-IFD0:HostComputer=a host',
  '-IFD0:XPTitle=a title',
  '-IFD0:Rating=4',
  '-ExifIFD:DateTimeOriginal=2025:12:31 23:59:58',
  '-ExifIFD:OffsetTimeOriginal=+02:00',
  '-ExifIFD:SubSecTimeOriginal=123',
  '-ExifIFD:ExposureTime=1/8000',
  '-ExifIFD:FNumber=5.6',
  '-ExifIFD:ISO=1600',
  '-ExifIFD:FocalLength=1234.5',
  '-ExifIFD:LensInfo=24 70 2.8 4',
  '-ExifIFD:LensModel=a lens',
  '-ExifIFD:UserComment=words \u00e4\u00f6\u00fc',
  '-ExifIFD:ImageUniqueID=00112233445566778899aabbccddeeff',
  '-GPS:GPSLatitude=12.345678901',
  '-GPS:GPSLatitudeRef=S',
  '-GPS:GPSLongitude=98.7654321',
  '-GPS:GPSLongitudeRef=E',
  '-GPS:GPSAltitude=705123.25',
  '-InteropIFD:InteropIndex=R98',
  '-XMP-dc:Title=a title',
  '-XMP-dc:Subject=one',
  '-XMP-dc:Subject=two',
  '-XMP-xmp:Rating=3',
  '-XMP-photoshop:Urgency=5',
  '-IPTC:Caption-Abstract=a caption',
  '-IPTC:Keywords=first',
  '-IPTC:Keywords=second',
  '-IPTC:City=nowhere',
  '-XResolution=240',
  '-YResolution=120',
  '-ResolutionUnit=inches',
  '-JFIF:XResolution=240',
  '-JFIF:YResolution=120',
  '-JFIF:ResolutionUnit=inches',
  '-PNG-pHYs:PixelsPerUnitX=9449',
  '-PNG-pHYs:PixelsPerUnitY=4724',
  '-PNG-pHYs:PixelUnits=meters',
];

/** Tags of a file by group and name, those that speak of it and not of how it is stored. */
type Tags = Record<string, unknown>;
const KEPT_GROUPS = /^(IFD0|ExifIFD|GPS|InteropIFD|XMP-(?!x$)[\w-]+|IPTC|ICC-header|ICC_Profile\S*|ICC-\S+):/;
/** Storage of TIFF, and what a writer of another format says of it. */
const STORAGE = new RegExp(
  `:(${[
    ...['ImageWidth', 'ImageHeight', 'BitsPerSample', 'Compression', 'PhotometricInterpretation', 'Strip\\w+'],
    ...['RowsPerStrip', 'Tile\\w+', 'PlanarConfiguration', 'SamplesPerPixel', 'Predictor', 'SampleFormat'],
    ...['Orientation', 'SubfileType', 'YCbCr\\w+', 'ExifImage\\w+', 'ExtraSamples'],
  ].join('|')})$`,
);
const RESOLUTION = /:(XResolution|YResolution|ResolutionUnit)$/;

function tagsOf(path: string): Tags {
  const [found] = JSON.parse(exiftool('-j', '-G1', '-a', '-u', '-n', path)) as [Tags];
  return Object.fromEntries(Object.entries(found).filter(([name]) => KEPT_GROUPS.test(name) && !STORAGE.test(name)));
}

/** Pixels per inch. */
function resolutionOf(path: string): number[] {
  const names = ['XResolution', 'YResolution', 'ResolutionUnit', 'PixelsPerUnitX', 'PixelsPerUnitY', 'PixelUnits'];
  const [found] = JSON.parse(exiftool('-j', '-n', ...names.map((name) => `-${name}`), path)) as [
    Record<string, number>,
  ];
  if (found.PixelsPerUnitX !== undefined)
    return [found.PixelsPerUnitX, found.PixelsPerUnitY!].map((pixels) => Math.round(pixels * 0.0254));
  const scale = found.ResolutionUnit === 3 ? 2.54 : 1;
  return [found.XResolution!, found.YResolution!].map((pixels) => Math.round(pixels * scale));
}

/** What a warning calls tags of a group, where they are lost. */
function wordsFor(name: string): RegExp {
  if (name.startsWith('IPTC')) return /IPTC|texts and colours of PNG/;
  if (name.startsWith('XMP')) return /XMP/;
  if (name.startsWith('ICC')) return /colour profile/;
  return name.startsWith('IFD0') ? /TIFF tags|EXIF/ : /EXIF/;
}

const INPUTS = ['jpeg', 'tiff', 'png', 'webp'] as const;
const OUTPUTS = ['tiff', 'cog', 'jpeg', 'png', 'webp'] as const;

/** What is read by exiftool from what became of files that it has written: it shares no code with this package. */
describe.runIf(hasExiftool)('what files say of themselves, as exiftool reads it', () => {
  beforeAll(async () => {
    const frame = createFrame({ width: 64, height: 40 });
    for (const format of INPUTS) {
      const path = folder.path(`in.${format}`);
      // Whole samples: what belongs to a compression of its own is no metadata.
      const options = format === 'tiff' ? { compression: 'lzw' } : {};
      const file = await imageOf(frame).withIccProfile('p3').toFormat(format, options).toBuffer();
      writeFileSync(path, file);
      exiftool('-q', '-overwrite_original', '-m', ...WORDS, path);
    }
  });

  it.each(INPUTS.flatMap((input) => OUTPUTS.map((output) => [input, output] as const)))(
    'is kept from %s to %s, or its loss is said',
    async (input, output) => {
      const paths = [folder.path(`in.${input}`), folder.path(`out.${output === 'cog' ? 'tif' : output}`)] as const;
      await using restorer = await Deconvolver.open({ psf: 'gaussian:0.8', method: 'wiener', threads: 1 });
      const { report } = await restorer.restoreFile(...paths, { cog: output === 'cog' });
      const said = report.warnings.join(' ');
      const [before, after] = paths.map(tagsOf) as [Tags, Tags];
      expect(Object.keys(before).length).toBeGreaterThan(25);
      const changed = Object.entries(before)
        .filter(([name]) => !RESOLUTION.test(name))
        .filter(([name, value]) => JSON.stringify(after[name]) !== JSON.stringify(value) && !wordsFor(name).test(said));
      expect(changed).toEqual([]);
      const added = Object.keys(after).filter((name) => !(name in before) && !RESOLUTION.test(name));
      expect(added).toEqual([]);
      if (!/resolution/.test(said)) expect(resolutionOf(paths[1])).toEqual(resolutionOf(paths[0]));
      expect(exiftool('-q', '-q', '-validate', '-warning', '-s3', paths[1])).not.toMatch(/error/i);
    },
  );

  it('says nothing where nothing is lost', async () => {
    await using restorer = await Deconvolver.open({ psf: 'gaussian:0.8', method: 'wiener', threads: 1 });
    for (const [input, output] of [
      ['tiff', 'tiff'],
      ['jpeg', 'tiff'],
      ['jpeg', 'jpeg'],
      ['png', 'png'],
    ] as const) {
      const { report } = await restorer.restoreFile(folder.path(`in.${input}`), folder.path(`silent.${output}`));
      expect([input, output, report.warnings]).toEqual([input, output, []]);
    }
  });
});
