// No line is wider than 120 columns: code with its strings and comments, and the prose of Markdown. What cannot be
// broken does not count: addresses, tables, blocks of code in Markdown, the target of a link.
import { readFileSync } from 'node:fs';
import { sourcesLike } from './sources.mjs';

const MOST_COLUMNS = 120;
const CODE = /\.(ts|mjs|cc|h|inl|inc|py|cmake|toml|ya?ml)$|^\.ci\/run$|CMakeLists\.txt$/;
const PROSE = /\.md$/;

/** @returns {string[]} the lines that are too wide, such as "lib/index.ts:12: 131 columns" */
export function findWideLines() {
  const inCode = sourcesLike(CODE).flatMap((path) => wideLines(path, readLines(path)));
  const inProse = sourcesLike(PROSE).flatMap((path) => wideLines(path, withoutBlocks(readLines(path))));
  return [...inCode, ...inProse];
}

/** @param {string} path */
const readLines = (path) => readFileSync(path, 'utf8').split('\n');

/** @param {string} path @param {readonly string[]} lines */
const wideLines = (path, lines) =>
  lines.flatMap((line, index) => {
    const columns = [...withoutAddresses(line)].length;
    return columns > MOST_COLUMNS ? [`${path}:${index + 1}: ${columns} columns`] : [];
  });

/** @param {string} line */
const withoutAddresses = (line) => line.replace(/\]\([^)]*\)/g, ']()').replace(/https?:\/\/[^\s)>]+/g, '');

/** Empties tables and blocks of code, so that numbers of lines stay. @param {readonly string[]} lines */
function withoutBlocks(lines) {
  let isCode = false;
  return lines.map((line) => {
    const isFence = line.trimStart().startsWith('```');
    if (isFence) isCode = !isCode;
    return isCode || isFence || line.startsWith('|') ? '' : line;
  });
}
