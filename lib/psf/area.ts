/** A point of the plane. */
export type Point = readonly [number, number];

/** Areas below this are what rounding leaves of none. */
const ROUNDING = 1e-14;

/** Signed area of the part of the triangle (origin, a, b) that lies in the unit disk around the origin. */
function triangleInDisk(a: Point, b: Point): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const quadratic = dx * dx + dy * dy;
  const linear = a[0] * dx + a[1] * dy;
  const discriminant = linear * linear - quadratic * (a[0] * a[0] + a[1] * a[1] - 1);
  if (quadratic === 0) return 0;
  if (discriminant <= 0) return sector(a, b);
  const root = Math.sqrt(discriminant);
  const enter = Math.max(0, Math.min(1, (-linear - root) / quadratic));
  const leave = Math.max(0, Math.min(1, (-linear + root) / quadratic));
  if (enter >= leave) return sector(a, b);
  const at = (t: number): Point => [a[0] + t * dx, a[1] + t * dy];
  const [p, q] = [at(enter), at(leave)];
  return sector(a, p) + cross(p, q) / 2 + sector(q, b);
}

const cross = (a: Point, b: Point): number => a[0] * b[1] - a[1] * b[0];

/** Signed area of the sector of the unit disk between the directions of a and b. */
function sector(a: Point, b: Point): number {
  return Math.atan2(cross(a, b), a[0] * b[0] + a[1] * b[1]) / 2;
}

/** Area of the part of a polygon (corners in positive order) that lies in the unit disk around the origin; exact. */
export function areaInUnitDisk(corners: readonly Point[]): number {
  const area = corners.reduce(
    (sum, corner, index) => sum + triangleInDisk(corner, corners[(index + 1) % corners.length]!),
    0,
  );
  return area < ROUNDING ? 0 : area;
}

/** Length of the part of the segment from -end to end that lies in the unit square around (x, y) (Liang-Barsky). */
export function lengthInPixel(end: Point, [x, y]: Point): number {
  let [enter, leave] = [-1, 1];
  for (const [direction, centre] of [
    [end[0], x],
    [end[1], y],
  ] as const) {
    if (direction === 0) {
      if (Math.abs(centre) > 0.5) return 0;
      continue;
    }
    const [t0, t1] = [(centre - 0.5) / direction, (centre + 0.5) / direction];
    enter = Math.max(enter, Math.min(t0, t1));
    leave = Math.min(leave, Math.max(t0, t1));
  }
  return Math.max(0, leave - enter) * Math.hypot(end[0], end[1]);
}
