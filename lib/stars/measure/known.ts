/** A number, or null for what is none. */
export const known = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** The standard deviation of a number of the shape; null where it is not determined. */
export const shapeSigma = (covariance: readonly (readonly number[])[], index: number): number | null =>
  known(Math.sqrt(covariance[index]![index]!));
