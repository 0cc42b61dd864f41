import type { Command } from 'commander';
import { listModels } from '../network/model/catalog.js';
import type { ConvUse } from '../runtime/native/binding.js';
import { describeConvolution } from '../network/convolutions.js';
import { loadBinding } from '../runtime/native/loader.js';
import { Restorer } from '../restore/restorer.js';
import { VERSION } from '../runtime/version.js';

export function addInfoCommand(program: Command): void {
  program
    .command('info')
    .description('show version, CPU, instruction sets and packaged models')
    .option('--json', 'print JSON')
    .action(info);
}

async function info(flags: { readonly json?: boolean }): Promise<void> {
  const binding = loadBinding();
  const cpu = binding.cpu();
  const isas = binding.isas();
  const models = await listModels();
  const convolutions: Record<string, readonly ConvUse[]> = {};
  for (const model of models) {
    await using restorer = await Restorer.open({ model });
    convolutions[model] = restorer.convolutions;
  }
  const lines = [
    `perifocal ${VERSION}, addon ${binding.version}, Node ${process.versions.node}`,
    `CPU     ${cpu.name} (${cpu.features.join(' ')})`,
    ...isas.map(
      ({ name, description, supported }) => `${supported ? 'ISA   +' : 'ISA   -'} ${name.padEnd(12)} ${description}`,
    ),
    `models  ${models.join(', ') || 'none'}`,
    ...models.map((model) => `3x3     ${model}: ${convolutions[model]!.map(describeConvolution).join(', ')}`),
  ];
  process.stdout.write(
    `${flags.json ? JSON.stringify({ version: VERSION, addon: binding.version, cpu, isas, models, convolutions }) : lines.join('\n')}\n`,
  );
}
