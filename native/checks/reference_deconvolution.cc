#include "checks/reference_deconvolution.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <utility>

#include "checks/reference_dft.h"
#include "deconvolution/surroundings.h"

namespace perifocal::checks {
namespace {

using Image = std::vector<double>;

/// Pixel indices of the padded image of a problem, which wrap around.
class Grid {
 public:
  explicit Grid(const Problem& problem) : geometry_(geometryOf(problem.shape)) {}

  int rows() const { return geometry_.rows; }
  int columns() const { return geometry_.columns; }
  const Geometry& geometry() const { return geometry_; }
  std::size_t size() const { return static_cast<std::size_t>(rows()) * columns(); }
  std::size_t at(int y, int x) const {
    const int row = (y % rows() + rows()) % rows(), column = (x % columns() + columns()) % columns();
    return static_cast<std::size_t>(row) * columns() + column;
  }
  Image filled(double value) const { return Image(size(), value); }
  template <class F>
  Image map(F&& f) const {
    Image image(size());
    for (int y = 0; y < rows(); ++y) {
      for (int x = 0; x < columns(); ++x) image[at(y, x)] = f(y, x);
    }
    return image;
  }

 private:
  Geometry geometry_;
};

double kernelValue(const Problem& problem, int mode, int dy, int dx) {
  const int width = 2 * problem.shape.radiusX + 1, height = 2 * problem.shape.radiusY + 1;
  return problem.kernels[(static_cast<std::size_t>(mode) * height + dy + problem.shape.radiusY) * width + dx +
                         problem.shape.radiusX];
}

/// sum_d h(d) x(p - d), or x(p + d) for the adjoint.
Image convolve(const Problem& problem, int mode, const Image& x, int sign) {
  const Grid grid(problem);
  const int ry = problem.shape.radiusY, rx = problem.shape.radiusX;
  return grid.map([&](int y, int column) {
    double sum = 0;
    for (int dy = -ry; dy <= ry; ++dy) {
      for (int dx = -rx; dx <= rx; ++dx) {
        sum += kernelValue(problem, mode, dy, dx) * x[grid.at(y - sign * dy, column - sign * dx)];
      }
    }
    return sum;
  });
}

/// Where a padded position lies on a grid of nodes from the tile's first pixel to its last.
double nodePosition(int position, int size, int padded, int nodes) {
  const int nearest = position < size ? position : position - size < padded - position ? size - 1 : 0;
  return size == 1 ? 0 : static_cast<double>(nearest) * (nodes - 1) / (size - 1);
}

double coefficient(const Problem& problem, int mode, int y, int x) {
  if (problem.coefficients.empty()) return 1;
  const Geometry geometry = geometryOf(problem.shape);
  const double row = nodePosition(y, geometry.height, geometry.rows, problem.gridRows);
  const double column = nodePosition(x, geometry.width, geometry.columns, problem.gridColumns);
  const std::ptrdiff_t nodes = static_cast<std::ptrdiff_t>(problem.gridRows) * problem.gridColumns;
  const float* grid = problem.coefficients.data() + mode * nodes;
  double sum = 0;
  for (int i = 0; i < problem.gridRows; ++i) {
    for (int j = 0; j < problem.gridColumns; ++j) {
      const double share = std::max(0.0, 1 - std::fabs(row - i)) * std::max(0.0, 1 - std::fabs(column - j));
      sum += share * grid[i * problem.gridColumns + j];
    }
  }
  return sum;
}

bool isWeighted(const Problem& problem) {
  return problem.shape.boundary == Boundary::kBertero && problem.shape.method == DeconvolutionMethod::kRichardsonLucy;
}

/// Samples and their validity, continued over the padded image.
struct Observed {
  Image values, valid;
};

Observed observe(const Problem& problem, double offset) {
  const Grid grid(problem);
  const Geometry& g = grid.geometry();
  const bool reflect = problem.shape.boundary == Boundary::kReflect;
  Observed observed{grid.filled(0), grid.filled(0)};
  for (int y = 0; y < g.rows; ++y) {
    for (int x = 0; x < g.columns; ++x) {
      const bool isTile = y < g.height && x < g.width;
      if (isWeighted(problem) && !isTile) continue;
      const Continuation rows = continuationAt(y, g.height, g.rows, reflect);
      const Continuation columns = continuationAt(x, g.width, g.columns, reflect);
      double value = 0;
      bool valid = true;
      for (const auto& [row, rowShare] : {std::pair{rows.first, rows.firstShare}, {rows.second, rows.secondShare}}) {
        for (const auto& [column, columnShare] :
             {std::pair{columns.first, columns.firstShare}, {columns.second, columns.secondShare}}) {
          const std::size_t pixel = static_cast<std::size_t>(row) * g.width + column;
          const double share = static_cast<double>(rowShare) * columnShare;
          value += share * problem.samples[pixel];
          const bool counts = problem.samples[pixel] < problem.settings.saturation &&
                              (problem.valid.empty() || problem.valid[pixel] != 0);
          valid = valid && (counts || share < 1e-3);
        }
      }
      observed.values[grid.at(y, x)] = value + offset;
      observed.valid[grid.at(y, x)] = valid || !problem.shape.masked ? 1 : 0;
    }
  }
  return observed;
}

double meanOfTile(const Problem& problem, const Observed& observed) {
  const Grid grid(problem);
  double sum = 0, count = 0;
  for (int y = 0; y < problem.shape.height; ++y) {
    for (int x = 0; x < problem.shape.width; ++x) {
      sum += observed.valid[grid.at(y, x)] * observed.values[grid.at(y, x)];
      count += observed.valid[grid.at(y, x)];
    }
  }
  return count > 0 ? sum / count : 0;
}

double dampedRatio(double observed, double model, double threshold) {
  if (threshold == 0) return observed / model;
  const double divergence = observed * std::log(model / observed) - model + observed;
  const double u = std::min(1.0, -2 / (threshold * threshold) * divergence);
  return 1 + std::pow(u, 9) * (10 - 9 * u) * (observed - model) / model;
}

/// 1 / (1 - weight * div(grad y / |grad y|))
Image variationFactor(const Grid& grid, const Image& y, double weight) {
  const auto direction = [&](int row, int column) {
    const double here = y[grid.at(row, column)], dx = y[grid.at(row, column + 1)] - here,
                 dy = y[grid.at(row + 1, column)] - here, length = std::sqrt(dx * dx + dy * dy + 1e-8);
    return std::pair{dx / length, dy / length};
  };
  return grid.map([&](int row, int column) {
    const auto [dx, dy] = direction(row, column);
    const double divergence = dx - direction(row, column - 1).first + dy - direction(row - 1, column).second;
    return 1 / std::clamp(1 - weight * divergence, 0.5, 2.0);
  });
}

double product(const Grid& grid, const Image& a, const Image& b) {
  double sum = 0;
  for (int y = 0; y < grid.geometry().height; ++y) {
    for (int x = 0; x < grid.geometry().width; ++x) sum += a[grid.at(y, x)] * b[grid.at(y, x)];
  }
  return sum;
}

Image difference(const Image& a, const Image& b) {
  Image out(a.size());
  std::transform(a.begin(), a.end(), b.begin(), out.begin(), std::minus<>());
  return out;
}

/// One step of Richardson and Lucy from y.
Image correct(const Problem& problem, const Observed& observed, const Image& share, const Image& y, double floor) {
  const Grid grid(problem);
  const Image model = referenceBlur(problem, y);
  Image ratio(grid.size());
  for (std::size_t i = 0; i < ratio.size(); ++i) {
    if (observed.valid[i] == 0) continue;
    ratio[i] = dampedRatio(std::max(observed.values[i], problem.settings.damping > 0 ? floor : 0.0),
                           std::max(model[i], floor), problem.settings.damping);
  }
  const Image correction = referenceAdjoint(problem, ratio);
  const bool regularised = problem.settings.totalVariation > 0;
  const Image factor = regularised ? variationFactor(grid, y, problem.settings.totalVariation) : grid.filled(1);
  Image x(grid.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = share[i] > 0.01 ? std::max(0.0, y[i] * correction[i] * factor[i] / share[i]) : 0;
  }
  return x;
}

Image richardsonLucy(const Problem& problem, int steps) {
  const Grid grid(problem);
  const Observed observed = observe(problem, problem.settings.offset);
  const Image share = referenceAdjoint(problem, observed.valid);
  double brightest = 0;
  for (std::size_t i = 0; i < grid.size(); ++i) brightest = std::max(brightest, observed.valid[i] * observed.values[i]);
  const double floor = std::max(1e-12, 1e-6 * brightest), mean = meanOfTile(problem, observed);
  Image x = grid.map([&](int row, int column) { return share[grid.at(row, column)] > 0.01 ? mean : 0; });
  Image y = x, last, beforeLast;
  for (int step = 1; step <= steps; ++step) {
    const Image before = x;
    x = correct(problem, observed, share, y, floor);
    beforeLast = last;
    last = difference(x, y);
    double momentum = 0;
    if (problem.shape.acceleration == Acceleration::kHeavyBall) momentum = (step - 1.0) / (step + 2.0);
    if (problem.shape.acceleration == Acceleration::kBiggsAndrews && step > 1) {
      momentum = std::clamp(product(grid, last, beforeLast) / product(grid, beforeLast, beforeLast), 0.0, 0.999999);
    }
    y = x;
    if (problem.shape.acceleration == Acceleration::kNone) continue;
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = std::max(x[i] + momentum * (x[i] - before[i]), floor);
  }
  for (double& value : x) value = std::max(0.0, value - problem.settings.offset);
  return x;
}

/// Two-dimensional transform of complex values; the inverse is scaled.
std::vector<ComplexD> transform(const Grid& grid, std::vector<ComplexD> values, bool inverse) {
  const auto line = [&](std::vector<ComplexD> x) {
    if (inverse) std::transform(x.begin(), x.end(), x.begin(), [](ComplexD c) { return std::conj(c); });
    x = referenceDft(x);
    const double scale = inverse ? 1.0 / static_cast<double>(x.size()) : 1.0;
    for (ComplexD& c : x) c = (inverse ? std::conj(c) : c) * scale;
    return x;
  };
  for (int y = 0; y < grid.rows(); ++y) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(grid.at(y, 0));
    const std::vector<ComplexD> row = line({begin, begin + grid.columns()});
    std::copy(row.begin(), row.end(), begin);
  }
  std::vector<ComplexD> column(grid.rows());
  for (int x = 0; x < grid.columns(); ++x) {
    for (int y = 0; y < grid.rows(); ++y) column[y] = values[grid.at(y, x)];
    column = line(column);
    for (int y = 0; y < grid.rows(); ++y) values[grid.at(y, x)] = column[y];
  }
  return values;
}

std::vector<ComplexD> transformed(const Grid& grid, const Image& image) {
  return transform(grid, {image.begin(), image.end()}, false);
}

/// Cycles per pixel, with sign.
double cycles(int index, int size) { return (index <= size / 2 ? index : index - size) / static_cast<double>(size); }

double penaltyAt(const Grid& grid, SignalPrior prior, double exponent, int v, int u) {
  if (v == 0 && u == 0) return 0;
  const double fy = cycles(v, grid.rows()), fx = cycles(u, grid.columns());
  if (prior == SignalPrior::kFlat) return 1;
  if (prior == SignalPrior::kPowerLaw) return std::pow(fx * fx + fy * fy, exponent / 2);
  return 4 * std::pow(std::sin(std::numbers::pi * fx), 2) + 4 * std::pow(std::sin(std::numbers::pi * fy), 2);
}

/// argmin_x |h (*) x - y|^2 + weight * (x P x - 2 x f), P a multiplication of the spectrum.
Image solveInFourier(const Problem& problem, const Image& y, const Image& f, double weight, SignalPrior prior) {
  const Grid grid(problem);
  Image impulse = grid.filled(0);
  impulse[0] = 1;
  const auto h = transformed(grid, convolve(problem, 0, impulse, 1)), observed = transformed(grid, y),
             other = transformed(grid, f);
  std::vector<ComplexD> x(grid.size());
  for (int v = 0; v < grid.rows(); ++v) {
    for (int u = 0; u < grid.columns(); ++u) {
      const std::size_t i = grid.at(v, u);
      const double penalty = penaltyAt(grid, prior, problem.settings.exponent, v, u);
      x[i] = (std::conj(h[i]) * observed[i] + weight * other[i]) / (std::norm(h[i]) + weight * penalty);
    }
  }
  x = transform(grid, x, true);
  Image out(grid.size());
  std::transform(x.begin(), x.end(), out.begin(), [](ComplexD c) { return c.real(); });
  return out;
}

/// Samples, and what their restoration predicts for pixels that are left out, and beyond the tile of an unknown scene.
Image completedSamples(const Problem& problem) {
  const Grid grid(problem);
  const Observed observed = observe(problem, 0);
  const bool isUnknownBeyond = problem.shape.boundary == Boundary::kBertero;
  Image y = observed.values;
  if (!isUnknownBeyond && !problem.shape.masked) return y;
  std::int64_t validPixels = 0;
  for (int row = 0; row < problem.shape.height; ++row) {
    for (int column = 0; column < problem.shape.width; ++column) {
      validPixels += observed.valid[grid.at(row, column)] != 0;
    }
  }
  const Surroundings::Schedule schedule = Surroundings::scheduleOf(problem.shape, validPixels);
  for (int pass = 0; pass < schedule.passes; ++pass) {
    const Image x = solveInFourier(problem, y, grid.filled(0), Surroundings::kNsr, SignalPrior::kGradient);
    const Image blurred = referenceBlur(problem, x);
    const double relaxation = schedule.relaxation(pass);
    y = grid.map([&](int row, int column) {
      const std::size_t i = grid.at(row, column);
      const bool isTile = row < problem.shape.height && column < problem.shape.width;
      const bool isKnown = observed.valid[i] != 0 && (isTile || !isUnknownBeyond);
      return isKnown ? y[i] : y[i] + relaxation * (blurred[i] - y[i]);
    });
  }
  return y;
}

Image hyperLaplacian(const Problem& problem, int steps) {
  const Grid grid(problem);
  const Image y = completedSamples(problem);
  const double alpha = problem.settings.alpha;
  Image x = observe(problem, 0).values;
  double beta = 1;
  for (int step = 0; step < steps; ++step, beta *= 2 * std::sqrt(2.0)) {
    const auto across = [&](int row, int column) {
      return referenceShrinkage(x[grid.at(row, column + 1)] - x[grid.at(row, column)], alpha, beta);
    };
    const auto down = [&](int row, int column) {
      return referenceShrinkage(x[grid.at(row + 1, column)] - x[grid.at(row, column)], alpha, beta);
    };
    const Image adjoint = grid.map([&](int row, int column) {
      return across(row, column - 1) - across(row, column) + down(row - 1, column) - down(row, column);
    });
    x = solveInFourier(problem, y, adjoint, beta / problem.settings.lambda, SignalPrior::kGradient);
  }
  return x;
}

/// The larger root of w - v + (alpha / beta) w^(alpha - 1) = 0, by bisection right of the minimum of the left side.
double rootByBisection(double v, double alpha, double beta) {
  double low = std::pow(alpha * (1 - alpha) / beta, 1 / (2 - alpha)), high = v;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (middle - v + alpha / beta * std::pow(middle, alpha - 1) < 0 ? low : high) = middle;
  }
  return low;
}

/// Krishnan and Fergus 2009, with l = 2 / beta.
double rootInClosedForm(double v, double alpha, double beta) {
  const double l = 2 / beta;
  if (alpha == 0.5) {
    return 2.0 / 3 * v * (1 + std::cos(2 * std::numbers::pi / 3 - 2.0 / 3 * std::acos(l / 8 * std::pow(v / 3, -1.5))));
  }
  const double phi = std::acosh(27 * v * v / 16 * std::pow(l, -1.5));
  const double a = 2 / std::sqrt(3.0) * std::pow(l, 0.25) * std::sqrt(std::cosh(phi / 3));
  return std::pow((a + std::sqrt(2 * v / a - a * a)) / 2, 3);
}

}  // namespace

std::vector<double> referenceBlur(const Problem& problem, const std::vector<double>& x) {
  const Grid grid(problem);
  Image sum = grid.filled(0);
  for (int mode = 0; mode < problem.shape.modes; ++mode) {
    const Image weighted = grid.map(
        [&](int row, int column) { return coefficient(problem, mode, row, column) * x[grid.at(row, column)]; });
    const Image blurred = convolve(problem, mode, weighted, 1);
    std::transform(sum.begin(), sum.end(), blurred.begin(), sum.begin(), std::plus<>());
  }
  return sum;
}

std::vector<double> referenceAdjoint(const Problem& problem, const std::vector<double>& x) {
  const Grid grid(problem);
  Image sum = grid.filled(0);
  for (int mode = 0; mode < problem.shape.modes; ++mode) {
    const Image spread = convolve(problem, mode, x, -1);
    for (int row = 0; row < grid.rows(); ++row) {
      for (int column = 0; column < grid.columns(); ++column) {
        sum[grid.at(row, column)] += coefficient(problem, mode, row, column) * spread[grid.at(row, column)];
      }
    }
  }
  return sum;
}

std::vector<double> referenceSolution(const Problem& problem, int steps) {
  const Grid grid(problem);
  Image x;
  switch (problem.shape.method) {
    case DeconvolutionMethod::kRichardsonLucy: x = richardsonLucy(problem, steps); break;
    case DeconvolutionMethod::kHyperLaplacian: x = hyperLaplacian(problem, steps); break;
    case DeconvolutionMethod::kWiener:
      x = solveInFourier(problem, completedSamples(problem), grid.filled(0), problem.settings.nsr,
                         problem.settings.prior);
      break;
  }
  Image tile;
  for (int row = 0; row < problem.shape.height; ++row) {
    for (int column = 0; column < problem.shape.width; ++column) tile.push_back(x[grid.at(row, column)]);
  }
  return tile;
}

double referenceShrinkage(double v, double alpha, double beta) {
  const double magnitude = std::fabs(v);
  const double least = (2 - alpha) / beta * std::pow(2 * (1 - alpha) / (2 - alpha), alpha - 1);
  if (std::pow(magnitude, 2 - alpha) <= least) return 0;
  const bool closed = alpha == 0.5 || alpha == 2.0 / 3;
  return std::copysign((closed ? rootInClosedForm : rootByBisection)(magnitude, alpha, beta), v);
}

}  // namespace perifocal::checks
