/**
 * The Bessel function J1, by the trapezoidal rule on Bessel's integral (1 / pi) int_0^pi cos(t - x sin t) dt. The
 * integrand is periodic and smooth, so the rule converges faster than any power once its nodes outnumber x.
 */
export function besselJ1(x: number): number {
  const intervals = 16 + Math.ceil(Math.abs(x));
  let sum = 0;
  for (let index = 1; index < intervals; index += 1) {
    const t = (Math.PI * index) / intervals;
    sum += Math.cos(t - x * Math.sin(t));
  }
  // The ends of the interval, cos(0) and cos(pi), cancel.
  return sum / intervals;
}
