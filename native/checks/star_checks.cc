// Kernels of star fits: densities against the standard library's functions, slopes against differences, sums against
// sums.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "checks/check.h"
#include "checks/random.h"
#include "isa/registry.h"
#include "stars/arrow_system.h"
#include "stars/median.h"

namespace perifocal::checks {
namespace {

constexpr int kCount = 301;

/// Random places within so many pixels.
struct Places {
  std::vector<double> x, y;

  Places(double far, std::uint64_t seed) : x(paddedPoints(kCount)), y(paddedPoints(kCount)) {
    Random random(seed);
    for (int i = 0; i < kCount; ++i) {
      x[i] = far * (2 * random.unit() - 1);
      y[i] = far * (2 * random.unit() - 1);
    }
  }
  Points points() const { return {x.data(), y.data(), kCount}; }
};

using Lists = std::vector<std::vector<double>>;

Lists listsOf(int count) { return Lists(count, std::vector<double>(paddedPoints(kCount))); }

double densityOf(const Streak& streak, double x, double y) {
  const double p = x * streak.cos - y * streak.sin, q = x * streak.sin + y * streak.cos, s = streak.sigma;
  const auto gauss = [s](double t) { return std::exp(-t * t / (2 * s * s)) / (s * std::sqrt(2 * std::numbers::pi)); };
  if (streak.length == 0) return gauss(p) * gauss(q);
  const auto part = [&](double t) { return std::erf(t / (s * std::numbers::sqrt2)) / (2 * streak.length); };
  return (part(p + streak.length / 2) - part(p - streak.length / 2)) * gauss(q);
}

Lists sampleStreak(const StarKernels& kernels, const Streak& streak, double x, double y, const Places& places) {
  Lists lists = listsOf(6);
  kernels.sampleStreak(
      streak, x, y, places.points(),
      {lists[0].data(), lists[1].data(), lists[2].data(), {lists[3].data(), lists[4].data(), lists[5].data()}});
  return lists;
}

void checkStreak(Context& context, const StarKernels& kernels, const StarKernels& scalar) {
  for (double length : {0.0, 3.0, 20.0, 150.0}) {
    const double angle = 0.3 + length, sigma = 1.1, step = 1e-5;
    const auto shape = [=](double l, double a, double s) { return Streak{l, std::cos(a), std::sin(a), s, 1}; };
    const Places places(length / 2 + 8, 3);
    const Lists found = sampleStreak(kernels, shape(length, angle, sigma), 0.3, -0.2, places);
    context.expect(found == sampleStreak(scalar, shape(length, angle, sigma), 0.3, -0.2, places),
                   "other bits than scalar");
    for (int i = 0; i < kCount; ++i) {
      const double x = places.x[i] - 0.3, y = places.y[i] + 0.2;
      const auto slope = [&](double dx, double dy, double dl, double da, double ds) {
        return (densityOf(shape(length + dl, angle + da, sigma + ds), x + dx, y + dy) -
                densityOf(shape(length - dl, angle - da, sigma - ds), x - dx, y - dy)) /
               (2 * step);
      };
      const double wanted[] = {
          densityOf(shape(length, angle, sigma), x, y), slope(step, 0, 0, 0, 0), slope(0, step, 0, 0, 0),
          length == 0 ? 0 : slope(0, 0, step, 0, 0),    slope(0, 0, 0, step, 0), slope(0, 0, 0, 0, step)};
      for (int list = 0; list < 6; ++list) {
        const double error = std::fabs(found[list][i] - wanted[list]);
        context.expect(error <= (list == 0 ? 1e-13 : 1e-7), "length " + std::to_string(length) + ", list " +
                                                                std::to_string(list) + ": off by " +
                                                                std::to_string(error));
      }
    }
  }
}

double lagOf(double angle, double length, double logVariance, double x, double y) {
  const double sigma = std::exp(logVariance / 2), c = std::cos(angle), s = std::sin(angle);
  const double p = x * c - y * s, q = x * s + y * c;
  const auto rise = [](double z) {
    return z * 0.5 * (1 + std::erf(z / std::numbers::sqrt2)) + std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  };
  const double along = rise((p + length) / sigma) - 2 * rise(p / sigma) + rise((p - length) / sigma);
  return sigma / length * along * std::exp(-q * q / (2 * sigma * sigma));
}

Lists sampleLags(const StarKernels& kernels, double angle, double length, double logVariance, const Places& places) {
  Lists lists = listsOf(4);
  kernels.sampleLags({length, std::cos(angle), std::sin(angle), std::exp(logVariance / 2)}, places.points(),
                     {lists[0].data(), lists[1].data(), lists[2].data(), lists[3].data()});
  return lists;
}

void checkLags(Context& context, const StarKernels& kernels, const StarKernels& scalar) {
  constexpr double kStep = 1e-5, kLogVariance = 0.8;
  for (double length : {3.0, 20.0, 60.0}) {
    const Places places(length + 6, 5);
    const double angle = 1 + length;
    const Lists found = sampleLags(kernels, angle, length, kLogVariance, places);
    context.expect(found == sampleLags(scalar, angle, length, kLogVariance, places), "other bits than scalar");
    for (int i = 0; i < kCount; ++i) {
      const auto at = [&](double da, double dl, double dv) {
        return lagOf(angle + da, length + dl, kLogVariance + dv, places.x[i], places.y[i]);
      };
      const auto slope = [&](double da, double dl, double dv) {
        return (at(da, dl, dv) - at(-da, -dl, -dv)) / (2 * kStep);
      };
      const double wanted[] = {at(0, 0, 0), slope(kStep, 0, 0), slope(0, kStep, 0), slope(0, 0, kStep)};
      for (int list = 0; list < 4; ++list) {
        const double error = std::fabs(found[list][i] - wanted[list]);
        context.expect(error <= (list == 0 ? 1e-12 : 1e-6), "length " + std::to_string(length) + ", list " +
                                                                std::to_string(list) + ": off by " +
                                                                std::to_string(error));
      }
    }
  }
}

/// Random models of 4 to 7 unknowns, some of 1 everywhere, against sums one by one.
void checkSums(Context& context, const StarKernels& kernels) {
  const Places values(1, 9), observed(500, 10);
  std::vector<double> value(values.x);
  for (double& v : value) v = std::fabs(v);
  Lists slopes = listsOf(0);
  for (int i = 0; i < kMostUnknowns; ++i) slopes.push_back(Places(1, 20 + i).x);
  for (int unknowns = 4; unknowns <= kMostUnknowns; ++unknowns) {
    NormalJob job{observed.x.data(), value.data(), kCount, 900, 3, 2, 0.5, 1e-4, unknowns, {}, {}};
    for (int i = 0; i < unknowns; ++i) {
      job.slopes[i] = i == 3 ? nullptr : slopes[i].data();
      job.scales[i] = i - 1.5;
    }
    NormalSums sums;
    kernels.accumulate(job, sums);
    const NormalEquations found = equationsOf(sums, unknowns);
    NormalEquations wanted;
    wanted.products.side = unknowns;
    for (int n = 0; n < kCount; ++n) {
      const double signal = job.flux * value[n], variance = job.sky + signal * (job.perFlux + job.misfit * signal);
      const double residual = observed.x[n] - signal - job.background;
      const auto slope = [&](int i) { return job.scales[i] * (i == 3 ? 1 : slopes[i][n]); };
      wanted.squares += residual * residual / variance;
      wanted.logs += std::log(variance / job.sky);
      for (int i = 0; i < unknowns; ++i) {
        wanted.rights[i] += slope(i) * residual / variance;
        for (int j = 0; j < unknowns; ++j) wanted.products.at(i, j) += slope(i) * slope(j) / variance;
      }
    }
    const auto expectNear = [&](double a, double b, const char* what) {
      context.expect(std::fabs(a - b) <= 1e-11 * (1 + std::fabs(b)),
                     std::string(what) + " of " + std::to_string(unknowns));
    };
    expectNear(found.squares, wanted.squares, "squares");
    expectNear(found.logs, wanted.logs, "logarithms");
    for (int i = 0; i < unknowns; ++i) {
      expectNear(found.rights[i], wanted.rights[i], "right side");
      for (int j = 0; j < unknowns; ++j) expectNear(found.products.at(i, j), wanted.products.at(i, j), "products");
    }
  }
}

/// Two stars with a common shape: the arrow's solution solves the whole system.
void checkArrow(Context& context) {
  Random random(4);
  constexpr int kShape = 2, kSide = kPlace + kShape;
  std::vector<NormalEquations> normals(2);
  for (NormalEquations& normal : normals) {
    normal.products.side = kSide;
    for (int term = 0; term < 20; ++term) {
      double slopes[kSide];
      for (double& slope : slopes) slope = random.unit() - 0.5;
      for (int i = 0; i < kSide; ++i) {
        normal.rights[i] += slopes[i] * random.unit();
        for (int j = 0; j < kSide; ++j) normal.products.at(i, j) += slopes[i] * slopes[j];
      }
    }
  }
  ArrowSolution solution;
  context.expect(solveArrow(normals, kShape, 0, solution), "called singular");
  double shapeRest[kShape] = {};
  for (int star = 0; star < 2; ++star) {
    const NormalEquations& normal = normals[star];
    double change[kSide];
    backSubstitute(normal, solution, star, kShape, change);
    for (int k = 0; k < kShape; ++k) change[kPlace + k] = solution.change[k];
    for (int i = 0; i < kSide; ++i) {
      double rest = normal.rights[i];
      for (int j = 0; j < kSide; ++j) rest -= normal.products.at(i, j) * change[j];
      if (i < kPlace) context.expect(std::fabs(rest) < 1e-10, "a star's equation is off by " + std::to_string(rest));
      if (i >= kPlace) shapeRest[i - kPlace] += rest;
    }
  }
  for (double rest : shapeRest)
    context.expect(std::fabs(rest) < 1e-10, "the shape's equation is off by " + std::to_string(rest));
  normals[1].products = {{}, kSide};
  context.expect(!solveArrow(normals, kShape, 0, solution), "a star without pixels is not singular");
}

/// Medians of lists of many kinds against those by sorting.
void checkMedian(Context& context) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Random random(6);
  const auto expectMedian = [&](const char* kind, int count, auto&& draw) {
    std::vector<float> values(count);
    for (float& value : values) value = draw();
    const double found = medianOf(std::span<const float>(values));
    std::sort(values.begin(), values.end());
    const double wanted = (static_cast<double>(values[(count - 1) / 2]) + values[count / 2]) / 2;
    context.expect(found == wanted,
                   std::string(kind) + ", " + std::to_string(count) + " values: " + std::to_string(found));
  };
  for (int count : {1, 2, 3, 64, 65, 100, 1023, 1024, 5000}) {
    const auto unit = [&] { return static_cast<float>(random.unit()); };
    expectMedian("spread evenly", count, unit);
    expectMedian("whole numbers", count, [&] { return std::floor(8 * unit()); });
    expectMedian("all equal", count, [] { return 0.25f; });
    expectMedian("of two kinds", count, [&] { return unit() < 0.5f ? -1.0f : 1e6f; });
    expectMedian("with a few far off", count, [&] { return unit() < 0.95f ? 1 + 1e-3f * unit() : 1e30f * unit(); });
    expectMedian("with infinities", count, [&] {
      return unit() < 0.1f ? -kInfinity : unit() < 0.1f ? kInfinity : unit();
    });
  }
}

}  // namespace

std::vector<Check> starChecks() {
  std::vector<Check> checks;
  const StarKernels& scalar = *registeredIsas().back().stars;
  const StarKernels* last = nullptr;
  for (const RegisteredIsa& isa : registeredIsas()) {
    if (!isa.supported || isa.stars == last) continue;
    last = isa.stars;
    const StarKernels& kernels = *isa.stars;
    const std::string name = std::string("stars ") + kernels.name;
    checks.push_back({name + " streaks", [&](Context& c) { checkStreak(c, kernels, scalar); }});
    checks.push_back({name + " lags", [&](Context& c) { checkLags(c, kernels, scalar); }});
    checks.push_back({name + " sums", [&](Context& c) { checkSums(c, kernels); }});
  }
  checks.push_back({"stars with a common shape", checkArrow});
  checks.push_back({"stars, medians", checkMedian});
  return checks;
}

}  // namespace perifocal::checks
