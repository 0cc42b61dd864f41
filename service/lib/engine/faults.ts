import type { RestorationReport } from 'perifocal';

/** What checks of restorations have found since the start. */
export class Faults {
  found = 0;
  /** What was computed, read or written again, and was right then. */
  healed = 0;
  /** What had to be given up at its level. */
  lost = 0;

  /** Counts what a restoration has found and healed by itself. */
  add(report: RestorationReport): void {
    const { ends, integrity } = report;
    const kinds = integrity && 'found' in integrity ? Object.values(integrity.found) : [];
    const checks = kinds.reduce((sum, count) => sum + count, 0);
    const wrong = integrity && 'knownAnswer' in integrity ? integrity.knownAnswer.wrong : 0;
    const different =
      wrong + (integrity?.differences ?? 0) + (ends?.differentReadings ?? 0) + (ends?.differentWritings ?? 0);
    this.found += checks + different;
    this.healed += checks + different;
  }
}
