import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { ArgumentError } from '../runtime/errors.js';
import { parseBudget } from '../runtime/budget.js';
import { INTEGRITY_MODES } from '../runtime/integrity.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import type { MachineOptions } from '../runtime/runtime.js';
import { defined } from '../runtime/validate.js';
import type { OutputFlags } from './printer.js';

/** Options that say what a command may use of the machine. */
export interface MachineFlags {
  readonly memory?: string;
  readonly threads?: number;
  readonly isa?: string;
}

/** Options of every command that works on images. */
export interface WorkFlags extends MachineFlags, OutputFlags {
  readonly expectSha256?: string;
}

/** A parser whose refusals commander reports with the name of the option. */
export function parser<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

export function parseChoice(choices: readonly number[]): (text: string) => number {
  return parser((text) => {
    const value = Number(text);
    if (!choices.includes(value)) throw new Error(`Allowed: ${choices.join(', ')}.`);
    return value;
  });
}

/** Any finite number; its range is checked by the library. */
export const parseNumber = parser((text) => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new Error('Expected a number.');
  return value;
});

/** A number, or one of some words. */
export function parseNumberOr<Word extends string>(...words: readonly Word[]): (text: string) => number | Word {
  return (text) => (words.includes(text as Word) ? (text as Word) : parseNumber(text));
}

/** Numbers with commas between. */
export const parseNumbers = parser((text) => {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (!numbers.every(Number.isFinite)) throw new Error('Expected numbers with commas between.');
  return numbers;
});

const parseMemory = parser((text) => {
  parseBudget(text);
  return text;
});

const parseDigest = parser((text) => {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new Error('Expected 64 hexadecimal digits.');
  return text;
});

/** The options of all commands that use the machine. @param memory default of `--memory` */
export function addMachineOptions(command: Command, memory: string): Command {
  return command
    .addOption(
      new Option('--memory <size>', 'what the whole process may take, 1 MB being 1e6 bytes')
        .argParser(parseMemory)
        .default(memory),
    )
    .addOption(
      new Option('--threads <count>', '1 to 3 (default: as many as there are processors)').argParser(
        parseChoice([1, 2, 3]),
      ),
    )
    .option('--isa <name>', 'instruction set (default: PERIFOCAL_ISA, or the best there is)');
}

/** How all commands say what they have done. */
export function addOutputOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON object per input, each on a line of its own')
    .option('--quiet', 'no progress bar and no summary; failures and warnings are still printed');
}

/** The options of all commands that work on images. @param memory default of `--memory` */
export function addWorkOptions(command: Command, memory: string): Command {
  command.addOption(
    new Option('--expect-sha256 <hex>', 'refuse the input unless its file has this digest; for one input').argParser(
      parseDigest,
    ),
  );
  return addOutputOptions(addMachineOptions(command, memory));
}

/** What the runtime is opened with. */
export function toMachineOptions({ memory, threads, isa }: MachineFlags): MachineOptions {
  return defined({ memory, threads, isa });
}

/** Throws ArgumentError where one digest is to fit several files. */
export function requireOneInput(inputs: readonly string[], { expectSha256 }: WorkFlags): void {
  if (expectSha256 !== undefined && inputs.length > 1)
    throw new ArgumentError(`--expect-sha256 is for one input, ${inputs.length} are given`);
}

/** Megabytes with one digit. */
export function toMegabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}

/** How much of the work is checked. @param modes that the command has */
export function integrityOption(modes: readonly IntegrityMode[] = INTEGRITY_MODES): Option {
  const description = 'how much of the work is checked against flipped bits (default: off)';
  return new Option('--integrity <mode>', description).choices(modes);
}
