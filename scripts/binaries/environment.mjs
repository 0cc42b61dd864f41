// What a release's build and its checks take from the environment: nothing that would change what is built or loaded.

const COMPILERS = /^(CC|CXX|CPP|AR|AS|LD|RANLIB|CPATH|COMPILER_PATH|GCC_EXEC_PREFIX|LIBRARY_PATH|.*_INCLUDE_PATH)$/;
const FLAGS = /^(C|CXX|CPP|AS|LD)FLAGS$/;
const PREFIXES = /^(PERIFOCAL|NODE|LD|CMAKE|ZIG)_/;

/**
 * The environment of this process without compilers, their flags and folders, and settings of the loader, of Node, of
 * CMake, of zig and of this package.
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {NodeJS.ProcessEnv}
 */
export function cleanEnvironment(environment = process.env) {
  const isKept = (/** @type {string} */ name) => ![COMPILERS, FLAGS, PREFIXES].some((pattern) => pattern.test(name));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => isKept(name)));
}
