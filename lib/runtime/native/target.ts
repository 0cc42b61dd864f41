/** What a prebuilt addon must fit: a name as in `prebuilds/`, such as `linux-x64-musl`. */

/** What a process tells of itself. */
export interface Host {
  readonly platform: string;
  readonly arch: string;
  /** Version of the glibc that Node runs on; undefined on musl, and where there is neither. */
  readonly glibcVersion: string | undefined;
}

/** Systems that a release has an addon for (scripts/binaries/targets.mjs). */
export const TARGETS = ['linux-x64', 'linux-arm64', 'linux-x64-musl', 'linux-arm64-musl'] as const;

/** The name of the addon that fits, whether or not there is one. */
export function targetOf({ platform, arch, glibcVersion }: Host): string {
  return `${platform}-${arch}${platform === 'linux' && glibcVersion === undefined ? '-musl' : ''}`;
}

let host: Host | undefined;

/** This process. Found once: the report takes milliseconds. */
export function findHost(): Host {
  const { platform, arch } = process;
  host ??= { platform, arch, glibcVersion: platform === 'linux' ? findGlibcVersion() : undefined };
  return host;
}

function findGlibcVersion(): string | undefined {
  // Without this switch (Node 20.13) the report looks up the names of all open sockets.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean };
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime;
}

/**
 * What to do where no addon could be loaded.
 * @param present names of the targets in `prebuilds/`: none in a checkout
 */
export function adviseOn({ platform, arch, glibcVersion }: Host, present: readonly string[]): string[] {
  const target = targetOf({ platform, arch, glibcVersion });
  const byPath = 'or name an addon file by the option nativeBinding or the environment variable PERIFOCAL_BINDING.';
  if (present.length === 0) {
    return [
      'What to do: there is no folder prebuilds, so this is a checkout: run "npm run build:native" (needs cmake,',
      `make and a C++20 compiler), ${byPath}`,
    ];
  }
  const list = `This package has addons for: ${present.join(', ')}.`;
  if (present.includes(target)) {
    const libc = glibcVersion === undefined ? 'musl' : `glibc ${glibcVersion}`;
    return [list, `What to do: the one for this system (${libc}) is there but does not load, for the reason above. It`]
      .concat('needs glibc 2.28 or newer, or musl 1.2: use a newer system, install the package again if the file is')
      .concat(`damaged, ${byPath}`);
  }
  if ((TARGETS as readonly string[]).includes(target)) {
    return [list, `What to do: install a release, which has ${target} too, ${byPath}`];
  }
  return [
    list,
    `What to do: perifocal has no addon for ${target}. Use Linux on x64 or arm64, build one from a checkout, ${byPath}`,
  ];
}
