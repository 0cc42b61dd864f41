#include "stars/fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "runtime/parallel.h"

namespace perifocal {
namespace {

/// Pixels beyond the profile that tell the background.
constexpr double kRim = 3;
constexpr int kMostSteps = 40;
/// A step of less than this in pixels that gains less than this of a chi^2 per star is the last: a hundredth of any
/// error.
constexpr double kSmallestStep = 1e-3;
constexpr double kSmallestGain = 1e-3;
constexpr double kFirstDamping = 1e-3, kMostDamping = 1e6;
/// Not worse but for rounding: the variances follow the model, so that the sum may rise by little near the end.
constexpr double kRounding = 1e-6;

struct Star {
  StarStart start;
  StarPixels pixels;
  PixelNoise noise;
};

/// The unknowns, and what the pixels say of them.
struct State {
  std::vector<StarValues> values;
  std::shared_ptr<const StarProfile> profile;
  std::vector<NormalEquations> normals;
  double cost = 0;
};

/// Levenberg and Marquardt's method on normal equations with an arrow's pattern.
class Minimiser {
 public:
  Minimiser(const FitRequest& request, const StarKernels& kernels, Team& team, const std::vector<Star>& stars)
      : request_(request), kernels_(kernels), team_(team), stars_(stars) {}

  State run(std::shared_ptr<const StarProfile> profile) const {
    State state{{}, std::move(profile), {}, 0};
    for (const Star& star : stars_) state.values.push_back({star.start.x, star.start.y, star.start.flux, 0});
    measure(state);
    double damping = kFirstDamping;
    for (int step = 0; step < kMostSteps && !stars_.empty() && !team_.cancelled(); ++step) {
      double largest = 0;
      std::optional<State> moved = advance(state, damping, largest);
      if (!moved || !(moved->cost <= state.cost * (1 + kRounding))) {
        damping *= 10;
        if (damping > kMostDamping) break;
        continue;
      }
      const bool isFlat = state.cost - moved->cost < kSmallestGain * static_cast<double>(stars_.size());
      state = std::move(*moved);
      damping /= 10;
      if (isFlat && largest < kSmallestStep) break;
    }
    return state;
  }

  /// Adds what was found of every star.
  void finish(const State& state, FitResult& result) const {
    ArrowSolution solution;
    const int shapes = shapeCount(*state.profile);
    if (!solveArrow(state.normals, shapes, 0, solution)) return;
    for (std::size_t i = 0; i < stars_.size(); ++i) addStar(state, solution, static_cast<int>(i), result);
    if (!request_.isFree) return;
    result.hasCovariance = true;
    result.shapeCovariance = solution.shapeInverse;
  }

 private:
  int shapeCount(const StarProfile& profile) const { return request_.isFree ? profile.shapeCount() : 0; }

  void measure(State& state) const {
    state.normals.resize(stars_.size());
    const auto measureOne = [&](int i, int) {
      state.normals[i] =
          stars_[i].pixels.measure(state.values[i], *state.profile, stars_[i].noise, request_.isFree, kernels_);
    };
    const int count = static_cast<int>(stars_.size());
    forEach(team_, count, measureOne);
    state.cost = 0;
    for (const NormalEquations& normal : state.normals) state.cost += normal.cost();
  }

  /// A step, measured; none where the system is singular. `largest` is the largest change of a place or the shape.
  std::optional<State> advance(const State& state, double damping, double& largest) const {
    ArrowSolution solution;
    const int shapes = shapeCount(*state.profile);
    if (!solveArrow(state.normals, shapes, damping, solution)) return std::nullopt;
    State moved{state.values, state.profile, {}, 0};
    for (std::size_t i = 0; i < stars_.size(); ++i) {
      double change[kPlace];
      backSubstitute(state.normals[i], solution, static_cast<int>(i), shapes, change);
      StarValues& values = moved.values[i];
      values = {values.x + change[0], values.y + change[1], values.flux + change[2], values.background + change[3]};
      largest = std::max({largest, std::fabs(change[0]), std::fabs(change[1])});
    }
    if (request_.isFree) {
      ProfileShape shape = state.profile->shape();
      for (int k = 0; k < shapes; ++k) {
        shape[k] += solution.change[k];
        largest = std::max(largest, std::fabs(solution.change[k]));
      }
      moved.profile = createProfile(request_.kind, shape, kernels_);
    }
    measure(moved);
    return moved;
  }

  void addStar(const State& state, const ArrowSolution& solution, int star, FitResult& result) const {
    const auto& [x, y, flux, background] = state.values[star];
    const auto& [start, pixels, noise] = stars_[star];
    const bool isNear = std::hypot(x - start.x, y - start.y) < state.profile->reach();
    if (!(flux > 0) || !isNear || x < 0 || y < 0 || x > request_.plane.width - 1 || y > request_.plane.height - 1)
      return;
    const NormalEquations& normal = state.normals[star];
    const int shapes = shapeCount(*state.profile);
    const auto covariance = [&](int i, int j) { return covarianceOf(normal, solution, star, shapes, i, j); };
    const SmallMatrix& own = solution.inverses[star];
    result.stars.push_back({state.values[star], covariance(0, 0), covariance(1, 1), covariance(0, 1),
                            std::sqrt(own.at(0, 0) + own.at(1, 1)), std::sqrt(covariance(2, 2)),
                            normal.squares / (pixels.count() - kPlace),
                            pixels.misfit(state.values[star], *state.profile, noise), pixels.saturated()});
  }

  const FitRequest& request_;
  const StarKernels& kernels_;
  Team& team_;
  const std::vector<Star>& stars_;
};

/// None with too few pixels.
std::optional<Star> starOf(const FitRequest& request, int star, double reach) {
  const StarStart& start = request.starts[star];
  Star made{start, StarPixels(request.plane, request.starts, star, reach + kRim), request.noise};
  made.noise.sky *= request.plane.noiseAt(start.x, start.y);
  if (made.pixels.count() <= 2 * kPlace) return std::nullopt;
  return made;
}

FitResult fitTogether(const FitRequest& request, const StarKernels& kernels, Team& team,
                      const std::shared_ptr<const StarProfile>& profile) {
  std::vector<Star> stars;
  for (int i = request.first; i < request.first + request.count; ++i) {
    if (std::optional<Star> star = starOf(request, i, profile->reach())) stars.push_back(std::move(*star));
  }
  const Minimiser minimiser(request, kernels, team, stars);
  const State state = minimiser.run(profile);
  FitResult result{{}, state.profile->shape(), false, {}};
  minimiser.finish(state, result);
  return result;
}

/// Nothing in common: each star has its own damping and its own end.
FitResult fitEach(const FitRequest& request, const StarKernels& kernels, Team& team,
                  const std::shared_ptr<const StarProfile>& profile) {
  std::vector<FitResult> found(request.count);
  forEach(team, request.count, [&](int i, int) {
    std::vector<Star> stars;
    if (std::optional<Star> star = starOf(request, request.first + i, profile->reach())) {
      stars.push_back(std::move(*star));
    }
    Team alone(1, team.ticket());
    const Minimiser minimiser(request, kernels, alone, stars);
    minimiser.finish(minimiser.run(profile), found[i]);
  });
  FitResult result{{}, profile->shape(), false, {}};
  for (const FitResult& one : found) result.stars.insert(result.stars.end(), one.stars.begin(), one.stars.end());
  return result;
}

}  // namespace

FitResult fitStars(const FitRequest& request, const StarKernels& kernels, Team& team) {
  const std::shared_ptr<const StarProfile> profile = createProfile(request.kind, request.shape, kernels);
  return (request.isFree ? fitTogether : fitEach)(request, kernels, team, profile);
}

}  // namespace perifocal
