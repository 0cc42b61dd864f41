// exp and erf of 8 doubles by arithmetic alone, so that every instruction set gives the same bits. Include inside the
// unit's anonymous namespace, after doubles.h.

typedef std::int64_t Words __attribute__((vector_size(64)));
typedef std::int64_t PartWords __attribute__((vector_size(8 * kPartLanes)));

PERIFOCAL_INLINE void limit(double most, Doubles& v) {
  for (int i = 0; i < kLanes; i += kPartLanes) {
    UnalignedPart& part = partAt(reinterpret_cast<double*>(&v) + i);
    const Part value = part, ceiling = Part{} + most;
    const PartWords below = value < ceiling;
    part = reinterpret_cast<Part>((reinterpret_cast<PartWords>(value) & below) |
                                  (reinterpret_cast<PartWords>(ceiling) & ~below));
  }
}

/// The sum of series[n] x^n by Estrin's scheme: pairs of terms, then pairs of pairs. Horner's would wait for every
/// product.
template <int kTerms>
PERIFOCAL_INLINE void sumSeries(const double (&series)[kTerms], const Doubles& x, Doubles& out) {
  constexpr int kPairs = (kTerms + 1) / 2;
  Doubles sums[kPairs], power = x;
  for (int i = 0; i < kPairs; ++i) {
    sums[i] = Doubles{} + series[2 * i];
    if (2 * i + 1 < kTerms) sums[i] += x * series[2 * i + 1];
  }
  for (int count = kPairs; count > 1; count = (count + 1) / 2) {
    power *= power;
    for (int i = 0; i < count / 2; ++i) sums[i] = sums[2 * i] + sums[2 * i + 1] * power;
    if (count % 2 == 1) sums[count / 2] = sums[count - 1];
  }
  out = sums[0];
}

/// v >= 0 becomes exp(-v), relative error below 1e-14; exp(-700) beyond 700.
PERIFOCAL_INLINE void decay(Doubles& v) {
  constexpr double kLog2 = 0.6931471803691238, kLog2Rest = 1.9082149292705877e-10;
  // Added, it leaves a whole number in the lowest bits.
  constexpr double kWhole = 0x1.8p52;
  limit(700, v);
  const Doubles power = v * -std::numbers::log2e + kWhole;
  const Doubles whole = power - kWhole;
  const Doubles r = (-v - whole * kLog2) - whole * kLog2Rest;
  // Taylor: |r| <= log(2) / 2.
  constexpr double kSeries[] = {1,         1,          1.0 / 2,     1.0 / 6,      1.0 / 24,      1.0 / 120,
                                1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800};
  Doubles sum;
  sumSeries(kSeries, r, sum);
  const Words exponent = (reinterpret_cast<Words>(power) + std::int64_t{1023}) << 52;
  v = sum * reinterpret_cast<Doubles>(exponent);
}

/// erf(z), given exp(-z^2), to 1e-12: 1 - exp(-z^2) erfcx(|z|), whose last factor is a polynomial in (|z| - c) / (|z| +
/// c) interpolated at Chebyshev's nodes of 0 <= |z| <= 6.
PERIFOCAL_INLINE void errorFunction(const Doubles& z, const Doubles& gauss, Doubles& out) {
  constexpr double kCentre = 2.5;
  constexpr double kSeries[] = {0.2108063640611243,      -0.3717367339517064,     0.25171319322151536,
                                -0.12503305212728824,    0.03992253912785014,     -0.003993707750138246,
                                -0.0026423740822366596,  0.0008759831387957352,   0.00022852758512371789,
                                -0.00012910899014684045, -3.5120075089920314e-05, 1.821288564348455e-05,
                                9.292511610543296e-06,   5.520540659724173e-07,   -2.7709076828877824e-07};
  const Words sign = reinterpret_cast<Words>(z) & INT64_MIN;
  const Words size = reinterpret_cast<Words>(z) & INT64_MAX;
  const Doubles a = reinterpret_cast<Doubles>(size);
  const Doubles t = (a - kCentre) / (a + kCentre);
  Doubles sum;
  sumSeries(kSeries, t, sum);
  const Doubles result = 1 - gauss * sum;
  const Words bits = reinterpret_cast<Words>(result) | sign;
  out = reinterpret_cast<Doubles>(bits);
}
