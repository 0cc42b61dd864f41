/** Deeper objects and lists are refused. */
const MOST_DEPTH = 32;

/**
 * JSON with the keys of every object in order, and nothing that JSON lacks: equal values have equal text. Fields that
 * are undefined are left out. Throws RangeError where values lie too deep, TypeError where one has no JSON.
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > MOST_DEPTH) throw new RangeError(`Values lie more than ${MOST_DEPTH} deep`);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item, depth + 1)}`);
    return `{${fields.join(',')}}`;
  }
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`A ${typeof value} has no JSON`);
  return text;
}
