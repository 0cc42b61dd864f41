import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { ArgumentError } from '../runtime/errors.js';

/** One input file and where its restored picture goes. */
export interface Job {
  readonly input: string;
  readonly output: string;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

function besideInput(input: string): string {
  const extension = extname(input);
  return join(dirname(input), `${basename(input, extension)}.restored${extension}`);
}

/**
 * Where each input goes: beside it as `name.restored.ext` without `-o`; to the file `-o`; or into the folder `-o`,
 * which is made if need be, when it is one, ends in a slash, or several inputs are given. Throws ArgumentError.
 */
export async function planJobs(inputs: readonly string[], output: string | undefined): Promise<Job[]> {
  if (output === undefined) return checkJobs(inputs.map((input) => ({ input, output: besideInput(input) })));
  const isFolder = (await isDirectory(output)) || /[/\\]$/.test(output) || inputs.length > 1;
  if (!isFolder) return checkJobs([{ input: inputs[0]!, output }]);
  const jobs = checkJobs(inputs.map((input) => ({ input, output: join(output, basename(input)) })));
  await mkdir(output, { recursive: true }).catch((cause: Error) => {
    throw new ArgumentError(`Cannot use ${output} as the output folder: ${cause.message}`, { cause });
  });
  return jobs;
}

function checkJobs(jobs: Job[]): Job[] {
  const inputs = new Set(jobs.map(({ input }) => resolve(input)));
  const outputs = new Set<string>();
  for (const { input, output } of jobs) {
    const target = resolve(output);
    if (inputs.has(target)) throw new ArgumentError(`Restoring ${input} would overwrite an input: ${output}`);
    if (outputs.has(target)) throw new ArgumentError(`Two inputs would be written to ${output}`);
    outputs.add(target);
  }
  return jobs;
}
