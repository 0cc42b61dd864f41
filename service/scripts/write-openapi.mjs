// Writes service/openapi.json from the tables of routes and schemas, or checks that it is up to date.
//   node service/scripts/write-openapi.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import { describeApi } from '../dist/http/schemas/openapi.js';

const path = new URL('../openapi.json', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const text = `${JSON.stringify(describeApi(version), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('service/openapi.json is not up to date: node service/scripts/write-openapi.mjs');
  process.exitCode = 1;
}
