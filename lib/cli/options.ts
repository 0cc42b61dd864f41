import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { DEFAULT_MODEL } from '../model/catalog.js';
import { CONV_CHOICES } from '../native/convolutions.js';
import type { ConvChoice } from '../native/convolutions.js';
import type { Ensemble, RestorerOptions } from '../restorer.js';
import { DEFAULT_BUDGET, parseBudget } from '../scheduler/budget.js';

/** Options that decide how frames are restored; the same for `restore` and `plan`. */
export interface EngineFlags {
  readonly model: string;
  readonly memory: string;
  readonly threads?: number;
  readonly ensemble: Ensemble;
  readonly isa?: string;
  readonly conv?: ConvChoice;
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

export function addEngineFlags(command: Command): Command {
  return command
    .option('--model <name|path>', 'packaged model or model file', DEFAULT_MODEL)
    .option('--memory <size>', 'what the whole process may take', parser((text) => (parseBudget(text), text)), DEFAULT_BUDGET)
    .addOption(new Option('--threads <count>', '1 to 3 (default: as many as there are)').argParser(parseChoice([1, 2, 3])))
    .addOption(new Option('--ensemble <passes>', 'passes averaged: 1, 2 or 4').argParser(parseChoice([1, 2, 4])).default(1))
    .option('--isa <name>', 'instruction set (default: the best there is)')
    .addOption(new Option('--conv <algorithm>', 'how 3x3 convolutions are summed (default: what is faster)').choices(CONV_CHOICES));
}

/** The library's options from the command line's. */
export function toRestorerOptions({ model, memory, ensemble, ...rest }: EngineFlags): RestorerOptions {
  const { threads, isa, conv } = rest;
  return {
    model, memory, ensemble, ...(threads !== undefined && { threads }), ...(isa !== undefined && { isa }), ...(conv !== undefined && { conv }),
  };
}
