// Answers what binding.gyp asks about native/sources.json, one value a line:
//   node cmake/gyp.cjs sources core|addon    files of a group
//   node cmake/gyp.cjs flags x64|arm64 ISA   compiler flags of an instruction set
//   node cmake/gyp.cjs units x64|arm64 ISA   files compiled with them
//   node cmake/gyp.cjs include               header folders of Node-API and node-addon-api
//   node cmake/gyp.cjs version
const { resolve } = require('node:path');
const sources = require('../native/sources.json');

const answers = {
  sources: (group) => sources[group].map((name) => `native/${name}`),
  flags: (architecture, isa) => sources.isa[architecture][isa].flags,
  units: (architecture, isa) => sources.isa[architecture][isa].units.map((name) => `native/${name}`),
  include: () => [require('node-api-headers').include_dir, resolve(require('node-addon-api').include_dir)],
  version: () => [require('../package.json').version],
};

const [question, ...details] = process.argv.slice(2);
console.log(answers[question](...details).join('\n'));
