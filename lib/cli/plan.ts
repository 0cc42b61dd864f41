import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { Restorer } from '../restore/restorer.js';
import { formatPlan } from '../network/plan.js';
import { addEngineFlags, toRestorerOptions } from './options.js';
import type { EngineFlags } from './options.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

function parseSize(text: string): Size {
  const match = /^(\d{1,6})x(\d{1,6})$/.exec(text);
  if (!match) throw new InvalidArgumentError('Expected <width>x<height>, such as 2048x1536.');
  return { width: Number(match[1]), height: Number(match[2]) };
}

export function addPlanCommand(program: Command): void {
  addEngineFlags(
    program
      .command('plan')
      .description('show how a frame would be restored, and in what memory')
      .argument('<width>x<height>', 'frame size in pixels', parseSize),
  )
    .option('--json', 'print the plan as JSON')
    .action(plan);
}

async function plan(size: Size, flags: EngineFlags & { readonly json?: boolean }): Promise<void> {
  await using restorer = await Restorer.open(toRestorerOptions(flags));
  const found = restorer.plan(size);
  process.stdout.write(`${flags.json ? JSON.stringify(found) : formatPlan(found)}\n`);
}
