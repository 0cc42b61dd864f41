const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes for people. */
export function bytes(value: number): string {
  const step = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), UNITS.length - 1);
  const scaled = value / 1000 ** step;
  return `${scaled.toFixed(step === 0 || scaled >= 100 ? 0 : 1)} ${UNITS[step]}`;
}

/** A moment for people, in UTC. */
export function moment(milliseconds: number | null): string {
  return milliseconds === null ? 'none' : new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}

/** What cannot be measured is said to be so. */
export const measured = (value: number | null, unit: string, digits = 0): string =>
  value === null ? 'not measured' : `${value.toFixed(digits)} ${unit}`;

/** The first part of an id, enough to tell captures apart on a page. */
export const shortId = (id: string): string => id.slice(0, 8);
