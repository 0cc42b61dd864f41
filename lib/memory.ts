import { readFileSync } from 'node:fs';

/** Peak resident memory of this process so far, in bytes: VmHWM on Linux, else what getrusage reports. */
export function readPeakRss(): number {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'));
    if (match) return Number(match[1]) * 1024;
  } catch {
    // No procfs here.
  }
  return process.resourceUsage().maxRSS * 1024;
}
