// Forward DFTs of 2 to 8 complex values in registers, y[p] = sum of x[q] exp(-2 pi i p q / R), in place. The inverse is
// the same with real and imaginary parts exchanged. Include inside the unit's anonymous namespace.

template <class V>
struct Complex {
  typename V::Vec re, im;
};

template <class V>
PERIFOCAL_INLINE Complex<V> operator+(const Complex<V>& a, const Complex<V>& b) {
  return {a.re + b.re, a.im + b.im};
}

template <class V>
PERIFOCAL_INLINE Complex<V> operator-(const Complex<V>& a, const Complex<V>& b) {
  return {a.re - b.re, a.im - b.im};
}

/// a + b * x for a real b.
template <class V>
PERIFOCAL_INLINE Complex<V> addScaled(const Complex<V>& a, typename V::Vec b, const Complex<V>& x) {
  return {V::fma(b, x.re, a.re), V::fma(b, x.im, a.im)};
}

/// a - b * x for a real b.
template <class V>
PERIFOCAL_INLINE Complex<V> subScaled(const Complex<V>& a, typename V::Vec b, const Complex<V>& x) {
  return {V::fnma(b, x.re, a.re), V::fnma(b, x.im, a.im)};
}

template <class V>
PERIFOCAL_INLINE Complex<V> scaled(typename V::Vec b, const Complex<V>& x) {
  return {b * x.re, b * x.im};
}

/// a - i b and a + i b.
template <class V>
PERIFOCAL_INLINE Complex<V> subTurned(const Complex<V>& a, const Complex<V>& b) {
  return {a.re + b.im, a.im - b.re};
}
template <class V>
PERIFOCAL_INLINE Complex<V> addTurned(const Complex<V>& a, const Complex<V>& b) {
  return {a.re - b.im, a.im + b.re};
}

/// x * (factor[0] + i factor[1])
template <class V>
PERIFOCAL_INLINE Complex<V> twiddled(const Complex<V>& x, const float* factor) {
  const auto re = V::splat(factor[0]), im = V::splat(factor[1]);
  return {V::fnma(x.im, im, x.re * re), V::fma(x.re, im, x.im * re)};
}

template <class V>
PERIFOCAL_INLINE void butterfly(Complex<V> (&x)[2]) {
  const Complex<V> difference = x[0] - x[1];
  x[0] = x[0] + x[1];
  x[1] = difference;
}

template <class V>
PERIFOCAL_INLINE void butterfly(Complex<V> (&x)[3]) {
  const auto sin = V::splat(0.866025403784438647f);  // sin(2 pi / 3)
  const Complex<V> sum = x[1] + x[2], turn = scaled<V>(sin, x[1] - x[2]);
  const Complex<V> middle = subScaled<V>(x[0], V::splat(0.5f), sum);
  x[0] = x[0] + sum;
  x[1] = subTurned<V>(middle, turn);
  x[2] = addTurned<V>(middle, turn);
}

template <class V>
PERIFOCAL_INLINE void fourPoint(Complex<V>& a, Complex<V>& b, Complex<V>& c, Complex<V>& d) {
  const Complex<V> even = a + c, evenDifference = a - c, odd = b + d, oddDifference = b - d;
  a = even + odd;
  b = subTurned<V>(evenDifference, oddDifference);
  c = even - odd;
  d = addTurned<V>(evenDifference, oddDifference);
}

template <class V>
PERIFOCAL_INLINE void butterfly(Complex<V> (&x)[4]) {
  fourPoint<V>(x[0], x[1], x[2], x[3]);
}

template <class V>
PERIFOCAL_INLINE void butterfly(Complex<V> (&x)[5]) {
  const auto cos1 = V::splat(0.309016994374947424f), cos2 = V::splat(-0.809016994374947424f);
  const auto sin1 = V::splat(0.951056516295153572f), sin2 = V::splat(0.587785252292473129f);
  const Complex<V> sum1 = x[1] + x[4], sum2 = x[2] + x[3], minus1 = x[1] - x[4], minus2 = x[2] - x[3];
  const Complex<V> middle1 = addScaled<V>(addScaled<V>(x[0], cos1, sum1), cos2, sum2);
  const Complex<V> middle2 = addScaled<V>(addScaled<V>(x[0], cos2, sum1), cos1, sum2);
  const Complex<V> turn1 = addScaled<V>(scaled<V>(sin1, minus1), sin2, minus2);
  const Complex<V> turn2 = subScaled<V>(scaled<V>(sin2, minus1), sin1, minus2);
  x[0] = x[0] + sum1 + sum2;
  x[1] = subTurned<V>(middle1, turn1);
  x[2] = subTurned<V>(middle2, turn2);
  x[3] = addTurned<V>(middle2, turn2);
  x[4] = addTurned<V>(middle1, turn1);
}

template <class V>
PERIFOCAL_INLINE void butterfly(Complex<V> (&x)[7]) {
  const auto cos1 = V::splat(0.623489801858733531f), sin1 = V::splat(0.781831482468029809f);
  const auto cos2 = V::splat(-0.222520933956314404f), sin2 = V::splat(0.974927912181823607f);
  const auto cos3 = V::splat(-0.900968867902419126f), sin3 = V::splat(0.433883739117558120f);
  const Complex<V> sum1 = x[1] + x[6], sum2 = x[2] + x[5], sum3 = x[3] + x[4];
  const Complex<V> minus1 = x[1] - x[6], minus2 = x[2] - x[5], minus3 = x[3] - x[4];
  const Complex<V> middle1 = addScaled<V>(addScaled<V>(addScaled<V>(x[0], cos1, sum1), cos2, sum2), cos3, sum3);
  const Complex<V> middle2 = addScaled<V>(addScaled<V>(addScaled<V>(x[0], cos2, sum1), cos3, sum2), cos1, sum3);
  const Complex<V> middle3 = addScaled<V>(addScaled<V>(addScaled<V>(x[0], cos3, sum1), cos1, sum2), cos2, sum3);
  const Complex<V> turn1 = addScaled<V>(addScaled<V>(scaled<V>(sin1, minus1), sin2, minus2), sin3, minus3);
  const Complex<V> turn2 = subScaled<V>(subScaled<V>(scaled<V>(sin2, minus1), sin3, minus2), sin1, minus3);
  const Complex<V> turn3 = addScaled<V>(subScaled<V>(scaled<V>(sin3, minus1), sin1, minus2), sin2, minus3);
  x[0] = x[0] + sum1 + sum2 + sum3;
  x[1] = subTurned<V>(middle1, turn1);
  x[2] = subTurned<V>(middle2, turn2);
  x[3] = subTurned<V>(middle3, turn3);
  x[4] = addTurned<V>(middle3, turn3);
  x[5] = addTurned<V>(middle2, turn2);
  x[6] = addTurned<V>(middle1, turn1);
}

template <class V>
PERIFOCAL_INLINE void butterfly(Complex<V> (&x)[8]) {
  const auto half = V::splat(0.707106781186547524f);  // sqrt(1/2)
  fourPoint<V>(x[0], x[2], x[4], x[6]);
  fourPoint<V>(x[1], x[3], x[5], x[7]);
  const Complex<V> even0 = x[0], even1 = x[2], even2 = x[4], even3 = x[6];
  const Complex<V> odd0 = x[1], odd2 = x[5];
  const Complex<V> odd1{x[3].re + x[3].im, x[3].im - x[3].re};  // (1 - i) x, still times sqrt(1/2)
  const Complex<V> odd3{x[7].im - x[7].re, x[7].re + x[7].im};  // -(1 + i) x, but for the sign of its imaginary part
  x[0] = even0 + odd0;
  x[4] = even0 - odd0;
  x[1] = addScaled<V>(even1, half, odd1);
  x[5] = subScaled<V>(even1, half, odd1);
  x[2] = subTurned<V>(even2, odd2);
  x[6] = addTurned<V>(even2, odd2);
  x[3] = {V::fma(half, odd3.re, even3.re), V::fnma(half, odd3.im, even3.im)};
  x[7] = {V::fnma(half, odd3.re, even3.re), V::fma(half, odd3.im, even3.im)};
}
