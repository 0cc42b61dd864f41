// Writes service/config.schema.json from what the code says of its configuration; --check says whether it is so.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CONFIG_SCHEMA } from '../dist/config/schema.js';

const path = fileURLToPath(new URL('../config.schema.json', import.meta.url));
const text = `${JSON.stringify(CONFIG_SCHEMA, null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('service/config.schema.json is not up to date: node service/scripts/write-config-schema.mjs');
  process.exitCode = 1;
}
