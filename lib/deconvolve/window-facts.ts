import { sumDefects } from './defects/report.js';
import { blankFacts } from './deconvolve-frame.js';
import type { DeconvolutionFacts } from './report.js';
import type { DeconvolveSettings } from './settings.js';

/** What was found out in a window, which gives so many rows of the scene. */
export interface WindowFacts extends DeconvolutionFacts {
  readonly rows: number;
}

/** What was found out in all windows of a scene; those without anything to restore do not count. */
export function meanFacts(all: readonly WindowFacts[], settings: DeconvolveSettings): DeconvolutionFacts {
  const restored = all.filter(({ stopReason }) => stopReason !== 'blank');
  const [first] = restored;
  if (!first) return blankFacts(settings);
  const { rows, ...facts } = first;
  const sum = (value: (facts: DeconvolutionFacts) => number): number =>
    restored.reduce((total, facts) => total + value(facts), 0);
  return {
    ...facts,
    secondsPerIteration: sum(({ secondsPerIteration }) => secondsPerIteration),
    residual: sum(({ residual }) => residual) / restored.length,
    defects: sumDefects(
      restored.flatMap(({ defects, rows: own }) => (defects ? [{ defects, rows: own }] : [])),
      settings.knownDefects?.data ?? null,
    ),
    energy: sum(({ energy }) => energy) / restored.length,
  };
}
