import { sumDefects } from './defects/report.js';
import { blankFacts } from './deconvolve-frame.js';
import type { DeconvolutionFacts } from './report.js';
import type { DeconvolveSettings } from './settings.js';

/** What was found out in all windows of a scene; those without anything to restore do not count. */
export function meanFacts(all: readonly DeconvolutionFacts[], settings: DeconvolveSettings): DeconvolutionFacts {
  const restored = all.filter(({ stopReason }) => stopReason !== 'blank');
  const first = restored[0];
  if (!first) return all[0] ?? blankFacts(settings);
  const sum = (value: (facts: DeconvolutionFacts) => number): number =>
    restored.reduce((total, facts) => total + value(facts), 0);
  return {
    ...first,
    secondsPerIteration: sum(({ secondsPerIteration }) => secondsPerIteration),
    residual: sum(({ residual }) => residual) / restored.length,
    defects: sumDefects(
      restored.flatMap(({ defects }) => defects ?? []),
      settings.knownDefects?.data ?? null,
    ),
    energy: sum(({ energy }) => energy) / restored.length,
  };
}
