import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** @import { Binding } from '../dist/runtime/native/binding.js' */

/** What the build folder was configured with, such as `GNU 12.2.0`. */
function describeCompiler() {
  try {
    const folder = fileURLToPath(new URL('../build/CMakeFiles/', import.meta.url));
    const version = readdirSync(folder).find((name) => /^\d/.test(name));
    const text = readFileSync(`${folder}${version}/CMakeCXXCompiler.cmake`, 'utf8');
    const find = (key) => new RegExp(`set\\(CMAKE_CXX_COMPILER_${key} "([^"]*)"`).exec(text)?.[1];
    return `${find('ID')} ${find('VERSION')}`;
  } catch {
    return 'unknown';
  }
}

/** Where and with what the figures arise. @param {Binding} binding */
export function describeMachine(binding) {
  const require = createRequire(import.meta.url);
  return {
    cpu: binding.cpu().name,
    cores: availableParallelism(),
    isas: binding
      .isas()
      .filter(({ supported }) => supported)
      .map(({ name }) => name),
    node: process.versions.node,
    compiler: describeCompiler(),
    onnxruntime: require('onnxruntime-node/package.json').version,
    version: binding.version,
  };
}
