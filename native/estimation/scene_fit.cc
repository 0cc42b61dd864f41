#include "estimation/scene_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "runtime/cholesky.h"

namespace perifocal {
namespace {

/// Iterations end where one lowers the cost by less than this part.
constexpr double kLeastGain = 1e-5;
/// Step of numerical derivatives by the values of optics, in pixels.
constexpr double kOpticsStep = 0.005;
constexpr double kFirstDamping = 1e-2, kLeastDamping = 1e-7, kMostDamping = 1e3;

/// A trial, and what it leaves unexplained.
struct State {
  std::vector<double> coefficients, optics, logTransfer;
  std::vector<double> misfit;
  std::vector<double> share;  ///< part of the power that is the scene's
  double cost = 0;
};

/// Lower triangle row by row, and right-hand side, of the normal equations.
struct Equations {
  std::vector<double> matrix, vector;
};

class Fitter {
 public:
  Fitter(const SceneFitRequest& request, const Team& team)
      : team_(team),
        model_(request.model),
        kind_(request.kind),
        isFree_(request.isFree),
        iterations_(request.iterations) {
    // The noise, to begin with: the quietest frequencies.
    std::vector<double> levels(model_.logPower, model_.logPower + model_.at.count);
    std::sort(levels.begin(), levels.end());
    const std::size_t quiet = std::min(levels.size(), std::max<std::size_t>(5, levels.size() / 20));
    noise_ = std::accumulate(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(quiet), 0.0) /
                 static_cast<double>(quiet) -
             0.1;
  }

  /// `near` may be empty.
  State fit(std::vector<double> optics, const std::vector<double>& near) {
    std::vector<double> logTransfer = transfer(optics);
    State best = evaluate(guess(logTransfer), optics, logTransfer);
    if (!near.empty()) takeBetter(best, evaluate(near, std::move(optics), std::move(logTransfer)));
    double damping = kFirstDamping;
    for (int iteration = 0; iteration < iterations_ && !team_.cancelled(); ++iteration) {
      State next = advance(best, damping);
      const double gain = best.cost - next.cost;
      const bool isLast = gain > 0 && gain < kLeastGain * best.cost;
      damping = takeBetter(best, std::move(next)) ? std::max(damping * 0.3, kLeastDamping)
                                                  : std::min(damping * 5, kMostDamping);
      if (isLast) break;
    }
    return best;
  }

 private:
  static bool takeBetter(State& best, State&& other) {
    if (!(other.cost < best.cost)) return false;
    best = std::move(other);
    return true;
  }

  std::vector<double> transfer(const std::vector<double>& optics) const {
    std::vector<double> found(model_.at.count);
    logPower(kind_, optics.data(), model_.at, found.data());
    return found;
  }

  /// The scene through the lowest frequencies, the noise through the quietest.
  std::vector<double> guess(const std::vector<double>& logTransfer) const {
    const double slope = model_.coefficients[1].expected;
    std::vector<double> levels;
    for (std::size_t i = 0; i < model_.lowCount; ++i) {
      const std::uint32_t point = model_.low[i];
      if (point >= model_.at.count) continue;
      levels.push_back(model_.logPower[point] - logTransfer[point] - slope * std::log(model_.at.rho[point] / 0.1));
    }
    std::sort(levels.begin(), levels.end());
    std::vector<double> values(model_.coefficients.size());
    values[0] = levels.empty() ? 0 : levels[levels.size() / 2];
    values[1] = slope;
    values[model_.sceneCount] = noise_;
    return values;
  }

  /// One step, evaluated.
  State advance(const State& from, double damping) const {
    Equations step = linearise(from);
    const int count = static_cast<int>(step.vector.size());
    double* matrix = step.matrix.data();
    for (int i = 0; i < count; ++i) matrix[i * count + i] *= 1 + damping;
    for (int i = 0; i < count; ++i) matrix[i * count + i] = std::sqrt(std::max(factorRow(matrix, count, i), 1e-300));
    substitute(matrix, count, step.vector.data());
    std::vector<double> coefficients = from.coefficients, optics = from.optics;
    const double* change = step.vector.data();
    for (double& value : coefficients) value += *change++;
    if (!isFree_) return evaluate(std::move(coefficients), std::move(optics), from.logTransfer);
    for (double& value : optics) value += *change++;
    std::vector<double> logTransfer = transfer(optics);
    return evaluate(std::move(coefficients), std::move(optics), std::move(logTransfer));
  }

  State evaluate(std::vector<double> coefficients, std::vector<double> optics, std::vector<double> logTransfer) const {
    State state{std::move(coefficients), std::move(optics), std::move(logTransfer), {}, {}, 0};
    const std::size_t points = model_.at.count, count = state.coefficients.size();
    const double *values = state.coefficients.data(), *term = model_.terms;
    state.misfit.resize(points);
    state.share.resize(points);
    for (std::size_t point = 0; point < points; ++point, term += count) {
      double scene = state.logTransfer[point], noise = 0;
      for (int i = 0; i < model_.sceneCount; ++i) scene += values[i] * term[i];
      for (std::size_t i = model_.sceneCount; i < count; ++i) noise += values[i] * term[i];
      const double ratio = std::exp(-std::fabs(scene - noise));
      const double error = model_.logPower[point] - std::max(scene, noise) - std::log1p(ratio), size = std::fabs(error);
      state.misfit[point] = error;
      state.share[point] = (scene > noise ? 1 : ratio) / (1 + ratio);
      state.cost += size < model_.huber ? size * size / 2 : model_.huber * (size - model_.huber / 2);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto& [expected, weight] = model_.coefficients[i];
      state.cost += weight * ((values[i] - expected) * (values[i] - expected)) / 2;
    }
    return state;
  }

  Equations linearise(const State& state) const {
    const std::vector<std::vector<double>> slopes = isFree_ ? slopesOf(state) : std::vector<std::vector<double>>();
    const std::size_t given = state.coefficients.size(), count = given + slopes.size();
    Equations equations{std::vector<double>(count * count), std::vector<double>(count)};
    std::vector<double> row(count);
    const double* term = model_.terms;
    for (std::size_t point = 0; point < state.misfit.size(); ++point, term += given) {
      const double misfit = state.misfit[point], part = state.share[point];
      for (std::size_t i = 0; i < given; ++i)
        row[i] = (i < static_cast<std::size_t>(model_.sceneCount) ? part : 1 - part) * term[i];
      for (std::size_t i = given; i < count; ++i) row[i] = part * slopes[i - given][point];
      addPoint(row, std::min(1.0, model_.huber / std::max(std::fabs(misfit), 1e-12)), misfit, equations);
    }
    for (std::size_t i = 0; i < given; ++i) {
      const auto& [expected, weight] = model_.coefficients[i];
      equations.matrix[i * count + i] += weight;
      equations.vector[i] -= weight * (state.coefficients[i] - expected);
    }
    return equations;
  }

  static void addPoint(const std::vector<double>& row, double weight, double misfit, Equations& equations) {
    const std::size_t count = row.size();
    for (std::size_t i = 0; i < count; ++i) {
      const double weighted = weight * row[i];
      double* entries = equations.matrix.data() + i * count;
      equations.vector[i] += weighted * misfit;
      for (std::size_t j = 0; j <= i; ++j) entries[j] += weighted * row[j];
    }
  }

  /// Of ln |H|^2 by each value of the optics.
  std::vector<std::vector<double>> slopesOf(const State& state) const {
    std::vector<std::vector<double>> slopes;
    for (std::size_t value = 0; value < state.optics.size(); ++value) {
      std::vector<double> moved = state.optics;
      moved[value] += kOpticsStep;
      std::vector<double> slope = transfer(moved);
      for (std::size_t i = 0; i < slope.size(); ++i) slope[i] = (slope[i] - state.logTransfer[i]) / kOpticsStep;
      slopes.push_back(std::move(slope));
    }
    return slopes;
  }

  const Team& team_;
  const SceneModel& model_;
  OpticsKind kind_;
  bool isFree_;
  int iterations_;
  double noise_;  ///< its level to begin with
};

}  // namespace

SceneFits fitScene(const SceneFitRequest& request, const Team& team) {
  Fitter fitter(request, team);
  SceneFits found;
  const auto count = static_cast<std::ptrdiff_t>(opticsCount(request.kind));
  std::vector<double> near = request.near;
  for (auto first = request.optics.begin(); request.optics.end() - first >= count; first += count) {
    if (team.cancelled()) break;
    const State best = fitter.fit({first, first + count}, near);
    found.costs.push_back(best.cost / static_cast<double>(request.model.at.count));
    found.coefficients.insert(found.coefficients.end(), best.coefficients.begin(), best.coefficients.end());
    found.optics.insert(found.optics.end(), best.optics.begin(), best.optics.end());
    if (request.isChain) near = best.coefficients;
  }
  return found;
}

}  // namespace perifocal
