// Writes the reference of the command line in docs/cli.md, and the table of commands in README.md, from the program.
//   node scripts/write-cli-reference.mjs [--check]     --check: writes nothing, fails where a file is out of date
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createProgram } from '../dist/cli/program.js';

/** @typedef {import('commander').Command} Command */
/** @typedef {import('commander').Option} Option */
/** @typedef {import('commander').Argument} Argument */

const isChecking = process.argv.includes('--check');
const root = fileURLToPath(new URL('..', import.meta.url));
const program = createProgram();

/** Prose in a cell of a table. @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll('\n', ' ');

/** Code in a cell of a table. @param {string} text */
const code = (text) => `\`${text.replaceAll('|', '\\|')}\``;

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** Default and choices, unless the description says them. @param {Option | Argument} item */
function describe(item) {
  const { argChoices, defaultValue, description } = item;
  const choices = argChoices ? [`one of ${argChoices.map((choice) => `\`${choice}\``).join(', ')}`] : [];
  const hasDefault = defaultValue !== undefined && defaultValue !== false && !Array.isArray(defaultValue);
  const standard = hasDefault ? [`default: \`${item.defaultValueDescription ?? defaultValue}\``] : [];
  return cell([description, ...choices, ...standard].join('; '));
}

/** Every command below one, depth first. @param {Command} command @returns {Command[]} */
const commandsBelow = (command) => command.commands.flatMap((child) => [child, ...commandsBelow(child)]);

/** Such as "perifocal psf read". @param {Command} command @returns {string} */
const fullName = (command) => [...(command.parent ? [fullName(command.parent)] : []), command.name()].join(' ');

/** @param {Command} command */
function section(command) {
  const usage = `\`\`\`\n${fullName(command)} ${command.usage()}\n\`\`\``;
  const visible = command.options.filter(({ hidden }) => !hidden);
  const args = command.registeredArguments.map((item) => [code(item.name()), describe(item)]);
  const options = visible.map((item) => [code(item.flags), describe(item)]);
  return [
    `## ${fullName(command)}`,
    `${sentence(command.description())}`,
    usage,
    ...(args.length > 0 ? [table(['argument', 'meaning'], args)] : []),
    ...(options.length > 0 ? [table(['option', 'meaning'], options)] : []),
  ].join('\n\n');
}

/** @param {string} text */
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

/** The anchor that GitHub gives a heading. @param {string} heading */
const anchor = (heading) => heading.toLowerCase().replaceAll(' ', '-');

/** @param {Command} program */
function reference(program) {
  const commands = commandsBelow(program).filter((command) => command.commands.length === 0);
  const contents = commands.map((command) => `- [${fullName(command)}](#${anchor(fullName(command))})`).join('\n');
  return [contents, ...commands.map(section)].join('\n\n');
}

/** @param {Command} program */
function summary(program) {
  const rows = program.commands.map((command) => [
    `[\`${command.name()}\`](docs/cli.md#${anchor(fullName(command.commands[0] ?? command))})`,
    cell(command.description()),
  ]);
  return table(['command', 'what it does'], rows);
}

const MARKS = /(<!-- commands: written by .*? -->\n)[\s\S]*?(\n<!-- end of commands -->)/;

/** Writes text between the marks of a file; false where it was not there. @param {string} path @param {string} text */
function isUpToDate(path, text) {
  const before = readFileSync(root + path, 'utf8');
  if (!MARKS.test(before)) throw new Error(`${path} has no marks around its commands`);
  const after = before.replace(MARKS, (_, start, end) => `${start}\n${text}\n${end}`);
  if (!isChecking) writeFileSync(root + path, after);
  return after === before;
}

const outdated = [
  ...(isUpToDate('docs/cli.md', reference(program)) ? [] : ['docs/cli.md']),
  ...(isUpToDate('README.md', summary(program)) ? [] : ['README.md']),
];
if (outdated.length > 0) console.log(`${outdated.join(' and ')} ${isChecking ? 'need' : 'got'} npm run docs:cli`);
process.exitCode = isChecking && outdated.length > 0 ? 1 : 0;
