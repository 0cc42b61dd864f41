import { IsaError } from '../errors.js';
import type { Binding } from './binding.js';

/**
 * The instruction set to use: the one asked for, else the one that `PERIFOCAL_ISA` names, else the best that this
 * CPU has. Throws IsaError, listing what there is.
 */
export function chooseIsa(
  binding: Binding,
  requested: string | undefined = process.env.PERIFOCAL_ISA || undefined,
): string {
  const isas = binding.isas();
  const available = isas.filter(({ supported }) => supported).map(({ name }) => name);
  if (requested === undefined) return available[0]!;
  if (available.includes(requested)) return requested;
  const problem = isas.some(({ name }) => name === requested)
    ? `This CPU (${binding.cpu().name}) cannot execute the instruction set '${requested}'`
    : `Unknown instruction set '${requested}'`;
  throw new IsaError(`${problem}; available: ${available.join(', ')}`);
}
