// Discrete Fourier transforms in double precision by the definition, split by prime factors: the oracle of native/fft.
#pragma once

#include <complex>
#include <vector>

namespace perifocal::checks {

using ComplexD = std::complex<double>;

/// sum of x[n] exp(-2 pi i n k / N), any length.
std::vector<ComplexD> referenceDft(const std::vector<ComplexD>& x);

/// The rows x (columns / 2 + 1) half spectrum of a real image.
std::vector<ComplexD> referenceDft2d(const std::vector<float>& image, int rows, int columns);

}  // namespace perifocal::checks
