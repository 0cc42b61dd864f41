import type { Command } from 'commander';
import { describeConvolution } from '../network/convolutions.js';
import { describeIntegrity } from '../network/integrity.js';
import { listModels } from '../network/model/catalog.js';
import { Restorer } from '../restore/restorer.js';
import type { ConvUse, IntegrityCoverage } from '../runtime/native/binding.js';
import { DEFAULT_MEMORY } from '../runtime/runtime.js';
import { VERSION } from '../runtime/version.js';
import { addMachineOptions, addOutputOptions } from './options.js';
import type { MachineFlags } from './options.js';
import type { OutputFlags, Summary } from './printer.js';
import { runBatch } from './runner.js';
import type { Session } from './runner.js';

type InfoFlags = MachineFlags & OutputFlags;

export function addInfoCommand(program: Command): void {
  const command = program
    .command('info')
    .description('show version, CPU, instruction sets and packaged models')
    .action(info);
  addOutputOptions(addMachineOptions(command, DEFAULT_MEMORY));
}

async function info(flags: InfoFlags): Promise<void> {
  const job = { input: null };
  await runBatch({
    jobs: [job],
    flags,
    async *run(session) {
      yield { job, summary: await describe(session) };
    },
  });
}

async function describe({ runtime }: Session): Promise<Summary> {
  const { binding } = runtime;
  const [cpu, isas, models] = [binding.cpu(), binding.isas(), await listModels()];
  const convolutions: Record<string, readonly ConvUse[]> = {};
  const coverage: Record<string, IntegrityCoverage | null> = {};
  for (const model of models) {
    await using restorer = await Restorer.open({ model, runtime, integrity: 'checked' });
    convolutions[model] = restorer.convolutions;
    coverage[model] = restorer.coverage;
  }
  const lines = [
    `perifocal ${VERSION}, addon ${binding.version}, Node ${process.versions.node}`,
    `CPU     ${cpu.name} (${cpu.features.join(' ')})`,
    ...isas.map(
      ({ name, description, supported }) => `ISA   ${supported ? '+' : '-'} ${name.padEnd(12)} ${description}`,
    ),
    `models  ${models.join(', ') || 'none'}`,
    ...models.map((model) => `checks  ${model}: ${describeIntegrity('checked', coverage[model])}`),
    ...models.map((model) => `3x3     ${model}: ${convolutions[model]!.map(describeConvolution).join(', ')}`),
  ];
  const report = { version: VERSION, addon: binding.version, cpu, isas, models, convolutions, coverage };
  return { report, text: lines.join('\n') };
}
