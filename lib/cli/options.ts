import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { DEFAULT_MODEL } from '../network/model/catalog.js';
import { CONV_CHOICES } from '../network/convolutions.js';
import type { ConvChoice } from '../network/convolutions.js';
import type { EngineOptions } from '../runtime/machine-options.js';
import type { Ensemble, RestorerOptions } from '../restore/restorer.js';
import { DEFAULT_BUDGET, parseBudget } from '../runtime/budget.js';

/** Options that say what a restoration may use of the machine. */
export interface MachineFlags {
  readonly memory: string;
  readonly threads?: number;
  readonly isa?: string;
}

/** Options that decide how frames are restored by a network; the same for `restore` and `plan`. */
export interface EngineFlags extends MachineFlags {
  readonly model: string;
  readonly ensemble: Ensemble;
  readonly conv?: ConvChoice;
  readonly convCache?: string;
}

/** A parser whose refusals commander reports with the name of the option. */
function parser<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

function parseChoice(choices: readonly number[]): (text: string) => number {
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

export function addMachineFlags(command: Command, defaultBudget: string): Command {
  return addThreadFlags(
    command.option(
      '--memory <size>',
      'what the whole process may take',
      parser((text) => {
        parseBudget(text);
        return text;
      }),
      defaultBudget,
    ),
  );
}

export function addThreadFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--threads <count>', '1 to 3 (default: as many as there are)').argParser(parseChoice([1, 2, 3])),
    )
    .option('--isa <name>', 'instruction set (default: the best there is)');
}

export function addEngineFlags(command: Command): Command {
  return addMachineFlags(
    command.option('--model <name|path>', 'packaged model or model file', DEFAULT_MODEL),
    DEFAULT_BUDGET,
  )
    .addOption(
      new Option('--ensemble <passes>', 'passes averaged: 1, 2 or 4').argParser(parseChoice([1, 2, 4])).default(1),
    )
    .addOption(
      new Option('--conv <algorithm>', 'how 3x3 convolutions are summed (default: what is faster)').choices(
        CONV_CHOICES,
      ),
    )
    .option('--conv-cache <file>', 'where to keep what was found to be faster');
}

/** The library's options from the command line's. */
export function toMachineOptions({ memory, threads, isa }: MachineFlags): EngineOptions {
  return { memory, ...(threads !== undefined && { threads }), ...(isa !== undefined && { isa }) };
}

export function toRestorerOptions({ model, ensemble, conv, convCache, ...machine }: EngineFlags): RestorerOptions {
  return {
    model,
    ensemble,
    ...(conv !== undefined && { conv }),
    ...(convCache !== undefined && { convCache }),
    ...toMachineOptions(machine),
  };
}
