// Wraps the prose of Markdown: paragraphs and items of lists that have a line of more than 120 columns.
import { readFileSync, writeFileSync } from 'node:fs';
import { sourcesLike } from './sources.mjs';

const MOST_COLUMNS = 120;
const FENCE = /^\s*```/;
/** Headings, tables, HTML, pictures and empty lines are no prose. */
const NO_PROSE = /^\s*$|^(#|\||<|!\[|\[[^\]]+\]:| {4})/;
const ITEM = /^(\s*)(?:[-*]|\d+\.)\s+/;
/** At the beginning of a line, most of these would begin something else. */
const MARKER = /^(?:[-+*>=]|#+|\d+[.)]|%[.,;:)]?)$/;

/** Rewrites the files that need it. */
export function wrapProse() {
  for (const path of sourcesLike(/\.md$/)) {
    const before = readFileSync(path, 'utf8');
    const after = paragraphsOf(before.split('\n')).flatMap(wrap).join('\n');
    if (after !== before) writeFileSync(path, after);
  }
}

/**
 * Cuts a document into paragraphs, items, and lines that stay as they are.
 * @param {readonly string[]} lines
 */
function paragraphsOf(lines) {
  /** @type {{ isProse: boolean, lines: string[] }[]} */
  const parts = [];
  let isCode = false;
  for (const line of lines) {
    const isFence = FENCE.test(line);
    if (isFence) isCode = !isCode;
    const open = parts.at(-1)?.isProse ? parts.at(-1) : undefined;
    const isProse = !isCode && !isFence && (!NO_PROSE.test(line) || (open !== undefined && line.startsWith('    ')));
    if (open && isProse && !ITEM.test(line)) open.lines.push(line);
    else parts.push({ isProse, lines: [line] });
  }
  return parts;
}

/** @param {{ readonly isProse: boolean, readonly lines: readonly string[] }} paragraph */
function wrap({ isProse, lines: [first = '', ...others] }) {
  const lines = [first, ...others];
  if (!isProse || lines.every((line) => [...line].length <= MOST_COLUMNS)) return lines;
  const start = /^\s*/.exec(first)?.[0] ?? '';
  const indent = ' '.repeat((ITEM.exec(first)?.[0] ?? start).length);
  const wrapped = [''];
  for (const word of wordsOf(lines.join('\n'))) {
    const line = wrapped.at(-1) ?? '';
    const longer = line === '' ? start + word : `${line} ${word}`;
    if (line === '' || [...longer].length <= MOST_COLUMNS) wrapped[wrapped.length - 1] = longer;
    else wrapped.push(indent + word);
  }
  return wrapped;
}

/** Words, where code between backticks is one, and a marker belongs to the word before. @param {string} text */
function wordsOf(text) {
  const all =
    text
      .replace(/\s*\n\s*/g, ' ')
      .trim()
      .match(/(?:`[^`]*`|\S)+/g) ?? [];
  return all.reduce((/** @type {string[]} */ words, word) => {
    if (words.length > 0 && MARKER.test(word)) words.push(`${words.pop()} ${word}`);
    else words.push(word);
    return words;
  }, []);
}
