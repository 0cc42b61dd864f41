#include "checks/reference_dft.h"

#include <cstddef>
#include <numbers>

namespace perifocal::checks {
namespace {

std::size_t smallestFactor(std::size_t n) {
  for (std::size_t p = 2; p * p <= n; ++p) {
    if (n % p == 0) return p;
  }
  return n;
}

std::vector<ComplexD> rootsOf(std::size_t n) {
  std::vector<ComplexD> roots(n);
  for (std::size_t k = 0; k < n; ++k) {
    roots[k] = std::polar(1.0, -2.0 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n));
  }
  return roots;
}

/// By decimation in time; `roots` are those of the whole transform, `step` of them to the next one here.
std::vector<ComplexD> dft(const ComplexD* x, std::size_t count, std::size_t stride,
                          const std::vector<ComplexD>& roots) {
  std::vector<ComplexD> out(count);
  if (count == 1) return {x[0]};
  const std::size_t p = smallestFactor(count), rest = count / p, step = roots.size() / count;
  std::vector<std::vector<ComplexD>> parts;
  for (std::size_t q = 0; q < p; ++q) parts.push_back(dft(x + q * stride, rest, stride * p, roots));
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t q = 0; q < p; ++q) out[k] += parts[q][k % rest] * roots[q * k % count * step];
  }
  return out;
}

}  // namespace

std::vector<ComplexD> referenceDft(const std::vector<ComplexD>& x) {
  return dft(x.data(), x.size(), 1, rootsOf(x.size()));
}

std::vector<ComplexD> referenceDft2d(const std::vector<float>& image, int rows, int columns) {
  const int bins = columns / 2 + 1;
  std::vector<ComplexD> out(static_cast<std::size_t>(rows) * bins);
  for (int v = 0; v < rows; ++v) {
    const std::vector<ComplexD> row = referenceDft({image.begin() + static_cast<std::ptrdiff_t>(v) * columns,
                                                    image.begin() + static_cast<std::ptrdiff_t>(v + 1) * columns});
    for (int u = 0; u < bins; ++u) out[static_cast<std::size_t>(v) * bins + u] = row[u];
  }
  std::vector<ComplexD> column(rows);
  for (int u = 0; u < bins; ++u) {
    for (int v = 0; v < rows; ++v) column[v] = out[static_cast<std::size_t>(v) * bins + u];
    column = referenceDft(column);
    for (int v = 0; v < rows; ++v) out[static_cast<std::size_t>(v) * bins + u] = column[v];
  }
  return out;
}

}  // namespace perifocal::checks
