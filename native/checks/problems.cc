#include "checks/problems.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "checks/random.h"

namespace perifocal::checks {
namespace {

constexpr int kWidth = 45, kHeight = 38, kRadiusX = 3, kRadiusY = 2;

/// An oblique Gaussian, cut to one side unless symmetric; sums to 1.
std::vector<double> kernel(bool symmetric, double spread) {
  std::vector<double> values;
  for (int y = -kRadiusY; y <= kRadiusY; ++y) {
    for (int x = -kRadiusX; x <= kRadiusX; ++x) {
      const double value = std::exp(-(x * x / 2.0 + y * y / 1.0 + x * y / 3.0) / spread);
      values.push_back(symmetric || y >= 0 ? value : value / 3);
    }
  }
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  for (double& value : values) value /= sum;
  return values;
}

/// Smooth shading, a bright and a dark rectangle, blurred by sight, and noise.
std::vector<float> scene() {
  Random random(11);
  std::vector<float> samples;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      double value = 0.5 + 0.2 * std::sin(x / 4.0) * std::cos(y / 3.0);
      value += 0.3 / (1 + std::exp(-(x - 12.0))) / (1 + std::exp(x - 24.0)) / (1 + std::exp(std::fabs(y - 15.0) - 8));
      if (x > 30 && y > 20) value *= 0.2;
      samples.push_back(static_cast<float>(value + 0.02 * (random.unit() - 0.5)));
    }
  }
  return samples;
}

Problem base(DeconvolutionMethod method, Boundary boundary) {
  Problem problem;
  problem.shape.method = method;
  problem.shape.boundary = boundary;
  problem.shape.width = kWidth;
  problem.shape.height = kHeight;
  problem.shape.radiusX = kRadiusX;
  problem.shape.radiusY = kRadiusY;
  problem.shape.samples = SampleType::kFloat32;
  problem.kernels = kernel(false, 2);
  problem.samples = scene();
  return problem;
}

Problem richardsonLucy(Boundary boundary, Acceleration acceleration = Acceleration::kNone) {
  Problem problem = base(DeconvolutionMethod::kRichardsonLucy, boundary);
  problem.shape.acceleration = acceleration;
  return problem;
}

Problem symmetric(Problem problem) {
  problem.shape.symmetric = true;
  problem.kernels = kernel(true, 2);
  return problem;
}

/// Pixels left out by a threshold and by a mask.
Problem masked(Problem problem) {
  problem.shape.masked = true;
  problem.settings.saturation = 0.85f;
  problem.valid.assign(problem.samples.size(), 1);
  for (int y = 4; y < 9; ++y) std::fill_n(problem.valid.begin() + y * kWidth + 30, 6, std::uint8_t{0});
  return problem;
}

Problem regularised(Problem problem) {
  problem.shape.totalVariation = true;
  problem.settings.totalVariation = 0.01f;
  return problem;
}

/// A PSF that widens to the right and downwards: three modes on a grid of 3 x 4 nodes.
Problem modal(Problem problem) {
  problem.shape.modes = 3;
  problem.gridRows = 3;
  problem.gridColumns = 4;
  problem.kernels.clear();
  for (double spread : {1.0, 2.0, 4.0}) {
    const std::vector<double> one = kernel(problem.shape.symmetric, spread);
    problem.kernels.insert(problem.kernels.end(), one.begin(), one.end());
  }
  for (int mode = 0; mode < 3; ++mode) {
    for (int node = 0; node < 12; ++node) {
      const float down = static_cast<float>(node / 4) / 2, right = static_cast<float>(node % 4) / 3;
      const float shares[3] = {1 - right, right * (1 - down), right * down};
      problem.coefficients.push_back(shares[mode]);
    }
  }
  return problem;
}

Problem with(Problem problem, void (*change)(SolverSettings&)) {
  change(problem.settings);
  return problem;
}

Problem hyperLaplacian(float alpha) {
  Problem problem = base(DeconvolutionMethod::kHyperLaplacian, Boundary::kReflect);
  problem.settings.alpha = alpha;
  problem.settings.lambda = 1000;
  return problem;
}

Problem wiener(SignalPrior prior) {
  Problem problem = base(DeconvolutionMethod::kWiener, Boundary::kReplicate);
  problem.settings.prior = prior;
  problem.settings.nsr = 0.01f;
  problem.settings.exponent = 1.7f;
  return problem;
}

Problem bounded(Problem problem, Boundary boundary) {
  problem.shape.boundary = boundary;
  return problem;
}

}  // namespace

std::vector<NamedProblem> problems() {
  using enum Acceleration;
  using enum Boundary;
  return {
      {"rl, periodic", symmetric(richardsonLucy(kPeriodic)), 10},
      {"rl, bertero", richardsonLucy(kBertero), 10},
      {"rl, reflect, heavy ball", symmetric(richardsonLucy(kReflect, kHeavyBall)), 10},
      {"rl, replicate, biggs and andrews", richardsonLucy(kReplicate, kBiggsAndrews), 10},
      {"rl, masked", masked(richardsonLucy(kBertero)), 10},
      {"rl, masked, reflect", masked(richardsonLucy(kReflect)), 6},
      {"rl, offset", with(richardsonLucy(kBertero, kHeavyBall), [](SolverSettings& s) { s.offset = 0.1f; }), 8},
      {"rl, damped", with(richardsonLucy(kReflect), [](SolverSettings& s) { s.damping = 0.03f; }), 8},
      {"rl, total variation", regularised(richardsonLucy(kBertero)), 8},
      {"rl, total variation, heavy ball", regularised(richardsonLucy(kReflect, kHeavyBall)), 8},
      {"rl, total variation, biggs and andrews", regularised(richardsonLucy(kBertero, kBiggsAndrews)), 5},
      {"rl, modes", modal(richardsonLucy(kBertero)), 6},
      {"rl, modes, symmetric, biggs and andrews", modal(symmetric(richardsonLucy(kReflect, kBiggsAndrews))), 6},
      {"wiener, flat", wiener(SignalPrior::kFlat), 1},
      {"wiener, gradient", symmetric(wiener(SignalPrior::kGradient)), 1},
      {"wiener, power law", wiener(SignalPrior::kPowerLaw), 1},
      {"wiener, bertero", bounded(wiener(SignalPrior::kGradient), kBertero), 1},
      {"hyper-laplacian, bertero", bounded(hyperLaplacian(2.0f / 3), kBertero), 6},
      {"wiener, masked", masked(wiener(SignalPrior::kGradient)), 1},
      {"wiener, masked, bertero", masked(bounded(wiener(SignalPrior::kGradient), kBertero)), 1},
      {"hyper-laplacian, masked", masked(hyperLaplacian(2.0f / 3)), 6},
      {"hyper-laplacian, masked, bertero", masked(bounded(hyperLaplacian(2.0f / 3), kBertero)), 6},
      {"hyper-laplacian, 1/2", hyperLaplacian(0.5f), 6},
      {"hyper-laplacian, 2/3", symmetric(hyperLaplacian(2.0f / 3)), 6},
      {"hyper-laplacian, 0.8", hyperLaplacian(0.8f), 6},
  };
}

NamedProblem problemNamed(const std::string& name) {
  for (const NamedProblem& named : problems()) {
    if (named.name == name) return named;
  }
  return {};
}

Psf psfOf(const Problem& problem) {
  return {problem.kernels.data(), problem.coefficients.empty() ? nullptr : problem.coefficients.data(),
          problem.gridRows, problem.gridColumns};
}

}  // namespace perifocal::checks
