#!/usr/bin/env node
import { Command } from 'commander';
import { readConfig } from '../config.js';
import { ServiceError } from '../errors.js';
import { realIo } from '../io.js';
import type { Io } from '../io.js';
import { Board } from '../limits/board.js';
import { SERVICE_BYTES, openRestorers, startService } from '../service.js';
import { VERSION } from '../version.js';
import { addCaptureCommands } from './captures.js';

/** Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. */
const FAILED = 1;
const MISUSED = 2;

/** Closing may wait for one strip and one sync; a service that hangs then ends all the same. */
const CLOSING_MS = 10_000;

/** One line of the journal. */
const log = (line: string): void => void process.stderr.write(`perifocal-serve: ${line}\n`);

async function serve(path: string): Promise<void> {
  const io = realIo();
  const config = await readConfig(io, path);
  const stopped = stopSignal();
  const service = await startService(config, io, log);
  const where = [config.listening.socket?.path, service.port === null ? null : `port ${service.port}`];
  log(`ready on ${where.filter((place) => place).join(' and ')}`);
  log(`${await stopped}: stopping`);
  setTimeout(() => process.exit(FAILED), CLOSING_MS).unref();
  await service.close();
  log('stopped');
}

/** Resolves with the first signal that asks to end. The second one ends at once. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let isAsked = false;
    const stop = (signal: string): void => {
      if (isAsked) process.exit(FAILED);
      isAsked = true;
      resolve(signal);
    };
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => stop(signal));
  });
}

/** Says what would be started, without a store. */
async function check(path: string): Promise<void> {
  const io: Io = realIo();
  const config = await readConfig(io, path);
  const board = await Board.open(io, config.roots, config.thermal);
  const restorers = await openRestorers(config, config.engine, board);
  const { width, height } = config.frame;
  const planned = (await restorers.planBytes(width, height)) + SERVICE_BYTES;
  const { memoryBytes, cpus } = board.state.cgroup;
  const allowed = memoryBytes === null ? 'no limit' : `${(memoryBytes / 1e6).toFixed(0)} MB`;
  const cameras = config.cameras.map(({ name, driver }) => `${name} (${driver.driver})`);
  process.stdout.write(
    [
      `store     ${config.storeFolder}`,
      `levels    ${restorers.levels.join(', ')}`,
      `memory    ${(planned / 1e6).toFixed(0)} MB for ${width}x${height}; cgroup: ${allowed}`,
      `threads   ${config.engine.threads}; cgroup: ${cpus === null ? 'no limit' : `${cpus} processors`}`,
      `cameras   ${cameras.join(', ') || 'none'}`,
      `apps      ${config.rules.map(({ app, role }) => `${app} (${role})`).join(', ') || 'none: nobody may call'}`,
      '',
    ].join('\n'),
  );
  await restorers.close();
  await board.close();
}

/** An error as a line, and the code that it ends with. */
function fail(error: unknown): void {
  const { message } = error as Error;
  log(message);
  process.exitCode = error instanceof ServiceError && error.code === 'INVALID' ? MISUSED : FAILED;
}

const program = new Command('perifocal-serve')
  .description('The capture service: takes frames, restores them, stores them, delivers them')
  .version(VERSION);
program
  .command('run', { isDefault: true })
  .description('serve; the default')
  .requiredOption('--config <file>', 'the configuration, JSON')
  .option('--check-config', 'check the configuration and the memory, and say what would be started')
  .action(async ({ config, checkConfig }: { config: string; checkConfig?: boolean }) =>
    (checkConfig ? check(config) : serve(config)).catch((error) => {
      fail(error);
      // Whatever is still open must not keep a service alive that has not started.
      process.exit();
    }),
  );
addCaptureCommands(program, fail);
await program.parseAsync();
