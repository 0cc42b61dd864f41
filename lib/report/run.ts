import { html, nothing, table } from './html.js';
import type { Html } from './html.js';

/** How a restoration went: its report, or what the command line printed of it with `--json`. */
export type RunFacts = Readonly<Record<string, unknown>> | object;

interface PlanFacts {
  readonly bytes: number;
  readonly budgetBytes: number;
  readonly buffers: readonly { readonly name: string; readonly bytes: number }[];
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Times, memory and every other fact that is a number, a word or a flag; and the plan, where there is one. */
export function describeRun(run: RunFacts | undefined): Html {
  if (run === undefined) return nothing;
  const facts = Object.entries(run).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  const rows = facts.map(([name, value]) =>
    name.endsWith('Bytes') && typeof value === 'number'
      ? [name.slice(0, -5), megabytes(value)]
      : [name, formatFact(value)],
  );
  const plan: unknown = (run as { plan?: unknown }).plan;
  const { choice } = run as { choice?: unknown };
  const parts = [table([], rows), describeChoice(choice), isPlan(plan) ? describePlan(plan) : nothing];
  return html`<h2>Run</h2>${parts}`;
}

/** How it was chosen what restores: facts by themselves, and means as all that is said of them. */
function describeChoice(choice: unknown): Html {
  if (typeof choice !== 'object' || choice === null) return nothing;
  const rows = Object.entries(choice).map(([name, value]) => [
    name,
    typeof value === 'object' && value !== null ? Object.values(value).map(formatFact).join(' ') : formatFact(value),
  ]);
  return html`<h3>Choice</h3>${table([], rows)}`;
}

const formatFact = (value: unknown): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value);

function isPlan(plan: unknown): plan is PlanFacts {
  return (
    typeof plan === 'object' &&
    plan !== null &&
    'bytes' in plan &&
    'budgetBytes' in plan &&
    'buffers' in plan &&
    Array.isArray(plan.buffers)
  );
}

function describePlan({ bytes, budgetBytes, buffers }: PlanFacts): Html {
  const rows = buffers.filter((buffer) => buffer.bytes > 0).map((buffer) => [buffer.name, megabytes(buffer.bytes)]);
  return html`<p>Planned memory: ${megabytes(bytes)} of ${megabytes(budgetBytes)}</p>${table(['buffer', ''], rows)}`;
}
