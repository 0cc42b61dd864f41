import { join } from 'node:path';
import type { Io } from '../io.js';
import { listMatching, readNumber } from './roots.js';

/** How warm the board is: `hot` computes with fewer threads, `critical` passes frames through. */
export type Thermal = 'normal' | 'hot' | 'critical';

export interface ThermalLimits {
  /** Degrees Celsius. */
  readonly hot: number;
  readonly critical: number;
}

/** A state is left only when it is so much cooler than where it began: else it would flicker. */
const HYSTERESIS = 3;
/** No sensor of a board says less or more; some say nonsense when they sleep. */
const [LEAST, MOST] = [-100, 200];

/** The state that follows from a temperature; null: nothing is known, and it stays as it is. */
export function nextThermal(before: Thermal, celsius: number | null, { hot, critical }: ThermalLimits): Thermal {
  if (celsius === null) return before;
  const from = (limit: number, isIn: boolean): number => (isIn ? limit - HYSTERESIS : limit);
  if (celsius >= from(critical, before === 'critical')) return 'critical';
  return celsius >= from(hot, before !== 'normal') ? 'hot' : 'normal';
}

/** The temperature of the warmest zone, or null where none can be read. */
export async function readTemperature(io: Io, folder: string): Promise<number | null> {
  const zones = await listMatching(io, folder, /^thermal_zone\d+$/);
  const values = await Promise.all(zones.map((zone) => readNumber(io, join(folder, zone, 'temp'))));
  const celsius = values.flatMap((value) => (value === null ? [] : [value / 1000]));
  const real = celsius.filter((value) => value > LEAST && value < MOST);
  return real.length === 0 ? null : Math.max(...real);
}
