// The parts of deconvolution: w-steps, continuations, spectra of scenes.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "checks/check.h"
#include "checks/emulated_floats.h"
#include "checks/problems.h"
#include "checks/random.h"
#include "checks/reference_deconvolution.h"
#include "deconvolution/geometry.h"
#include "deconvolution/shrinkage.h"
#include "deconvolution/solver.h"

namespace perifocal::checks {
namespace {

double shrink(const FloatUnit& unit, double v, double alpha, double beta) {
  const float zero = 0, value = static_cast<float>(v);
  float out = 0;
  unit.deconvolution->shrinkDifference(&zero, &value, shrinkageOf(static_cast<float>(alpha), beta), 1, &out);
  return out;
}

/// Differences of samples in [0, 1] and of what rings beyond them.
void checkShrinkage(Context& context, const FloatUnit& unit, double alpha) {
  constexpr int kCount = 4003;
  std::vector<float> zeros(kCount, 0.0f), values(kCount), out(kCount);
  for (int i = 0; i < kCount; ++i) values[i] = static_cast<float>(-1.5 + 3.0 * i / (kCount - 1));
  double beta = 1;
  for (int step = 0; step < 6; ++step, beta *= 2 * std::sqrt(2.0)) {
    const Shrinkage shrinkage = shrinkageOf(static_cast<float>(alpha), beta);
    unit.deconvolution->shrinkDifference(zeros.data(), values.data(), shrinkage, kCount, out.data());
    for (int i = 0; i < kCount; ++i) {
      // At the threshold itself, 0 and the root are equally good.
      if (std::fabs(std::fabs(values[i]) - shrinkage.threshold) < 1e-6) continue;
      const double error = std::fabs(out[i] - referenceShrinkage(values[i], alpha, beta));
      context.expect(error <= 1e-6, "v " + std::to_string(values[i]) + ", beta " + std::to_string(beta) + ": off by " +
                                        std::to_string(error * 1e6) + "e-6");
    }
  }
}

/// Values of the specification, from brute force.
void checkShrinkageValues(Context& context) {
  const FloatUnit unit = nativeFloatUnits().front();
  const double values[][4] = {{0.5, 2.83, 1.2, 1.025535},     {0.5, 64, 0.3, 0.285375},
                              {2.0 / 3, 2.83, 1.1, 0.851457}, {2.0 / 3, 64, 0.2, 0.181606},
                              {2.0 / 3, 64, 0.066, 0.033775}, {2.0 / 3, 64, 0.0645, 0}};
  for (const auto& [alpha, beta, v, w] : values) {
    context.expect(std::fabs(shrink(unit, v, alpha, beta) - w) <= 1.5e-6, "w of " + std::to_string(v));
    context.expect(std::fabs(shrink(unit, -v, alpha, beta) + w) <= 1.5e-6, "w of " + std::to_string(-v));
  }
}

void checkContinuation(Context& context) {
  constexpr int kSize = 10, kPadded = 32;
  for (bool reflect : {true, false}) {
    for (int i = 0; i < kPadded; ++i) {
      const Continuation c = continuationAt(i, kSize, kPadded, reflect);
      context.expect(c.first >= 0 && c.first < kSize && c.second >= 0 && c.second < kSize, "a place beyond the tile");
      context.expect(std::fabs(c.firstShare + c.secondShare - 1) < 1e-6, "shares do not sum to 1");
      // Seen from the other side, the continuation is the same.
      if (i < kSize) continue;
      const Continuation mirror = continuationAt(kSize + kPadded - 1 - i, kSize, kPadded, reflect);
      context.expect(mirror.first == kSize - 1 - c.second && std::fabs(mirror.firstShare - c.secondShare) < 1e-6,
                     "the two sides differ");
    }
    const Continuation next = continuationAt(kSize, kSize, kPadded, reflect);
    context.expect(next.first == kSize - 1 && next.firstShare > 0.99, "does not begin at the edge");
  }
  context.expect(continuationAt(kSize + 12, kSize, kPadded, true).first == 2, "does not turn back at the far edge");
}

/// A white scene of known power, blurred, with white noise: every prior's constant is known.
void checkSignalFit(Context& context) {
  constexpr int kSide = 128;
  constexpr double kSignal = 0.1, kNoise = 0.01;
  Problem problem = problemNamed("wiener, flat").problem;
  problem.shape.width = problem.shape.height = kSide;
  problem.shape.boundary = Boundary::kPeriodic;
  Random random(9);
  const auto white = [&](double sigma) { return sigma * std::sqrt(12.0) * (random.unit() - 0.5); };
  std::vector<double> image(kSide * kSide);
  for (double& value : image) value = 0.5 + white(kSignal);
  image = referenceBlur(problem, image);
  problem.samples.clear();
  for (double value : image) problem.samples.push_back(static_cast<float>(value + white(kNoise)));
  const FloatUnit unit = nativeFloatUnits().front();
  Team team(1);
  std::unique_ptr<Solver> solver;
  LoadReport loaded;
  SignalFit flat, power;
  const bool ok = Solver::create(problem.shape, *unit.fft, *unit.deconvolution, team, solver).ok() &&
                  solver->setPsf(psfOf(problem)).ok() &&
                  solver->load({problem.samples.data(), SampleType::kFloat32, 1, kSide}, {}, loaded).ok() &&
                  solver->fitSignal(kNoise, SignalPrior::kFlat, flat).ok() &&
                  solver->fitSignal(kNoise, SignalPrior::kPowerLaw, power).ok();
  context.expect(ok, "the solver failed");
  const double expected = kNoise * kNoise / (kSignal * kSignal);
  context.expect(std::fabs(flat.nsr / expected - 1) < 0.1, "nsr " + std::to_string(flat.nsr));
  context.expect(std::fabs(power.exponent) < 0.15, "exponent " + std::to_string(power.exponent));
}

}  // namespace

std::vector<Check> deconvolutionChecks() {
  std::vector<Check> checks;
  for (double alpha : {0.5, 2.0 / 3, 0.8, 0.3}) {
    const auto add = [&](const FloatUnit& unit, const std::string& kind) {
      const std::string name = "w-step, alpha " + std::to_string(alpha).substr(0, 4) + ", " + unit.deconvolution->name;
      checks.push_back({name + kind, [=](Context& c) { checkShrinkage(c, unit, alpha); }});
    };
    for (const FloatUnit& unit : nativeFloatUnits()) add(unit, " (native)");
    for (const FloatUnit& unit : emulatedFloatUnits()) add(unit, " (emulated)");
  }
  checks.push_back({"w-step, values of the specification", checkShrinkageValues});
  checks.push_back({"continuation beyond the tile", checkContinuation});
  checks.push_back({"spectrum of a white scene", checkSignalFit});
  return checks;
}

}  // namespace perifocal::checks
