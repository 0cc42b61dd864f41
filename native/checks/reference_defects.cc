#include "checks/reference_defects.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <utility>

namespace perifocal::checks {
namespace {

constexpr double kUnclear = 0.04;  ///< part of a limit
constexpr double kSame = 1e-4;     ///< part of a gain

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

/// A cluster somewhere: what its members are off by, and how much of the departures around that explains.
struct Hypothesis {
  const DefectCluster* cluster = nullptr;
  int x = 0, y = 0;
  std::vector<double> departures;
  double gain = 0;
};

class Reference {
 public:
  explicit Reference(DefectProblem& problem)
      : p_(problem), before_(problem.samples), counts_(problem.valid), states_(problem.valid) {
    for (const DefectCluster& cluster : p_.clusters) inverses_.push_back(clusterInverse(p_.weights, cluster));
    measureDepartures();
    first_ = departures_;
    noise_ = std::max(p_.step / std::sqrt(12.0), 1.4826 * medianWithin(0, 0, p_.width, p_.height));
  }

  ReferenceDefects find() {
    found_.isDefect.resize(p_.samples.size());
    for (Hypothesis next = best(); next.cluster != nullptr && found_.isClear; next = best()) {
      for (std::size_t i = 0; i < next.departures.size(); ++i) {
        const int pixel = indexOf(next.x + next.cluster->places[i].x, next.y + next.cluster->places[i].y);
        found_.isDefect[pixel] = 1;
        states_[pixel] = 0;
        p_.samples[pixel] -= next.departures[i];
        if (p_.rounding > 0) p_.samples[pixel] = std::round(p_.samples[pixel] / p_.rounding) * p_.rounding;
      }
      measureDepartures();
    }
    return found_;
  }

 private:
  int indexOf(int x, int y) const { return y * p_.width + x; }

  void measureDepartures() {
    departures_.clear();
    for (int y = 0; y < p_.height; ++y) {
      for (int x = 0; x < p_.width; ++x) departures_.push_back(departure(x, y));
    }
  }

  double departure(int x, int y) const {
    double predicted = 0;
    for (int dy = -2; dy <= 2; ++dy) {
      for (int dx = -2; dx <= 2; ++dx) predicted += p_.weights[(dy + 2) * 5 + dx + 2] * p_.at(x + dx, y + dy);
    }
    return p_.at(x, y) - predicted;
  }

  /// The hypothesis that explains most, of all that no blurred scene has.
  Hypothesis best() {
    Hypothesis best;
    for (int i = 0; i < p_.width * p_.height; ++i) {
      for (std::size_t index = 0; index < p_.clusters.size(); ++index) {
        const Hypothesis one = hypothesisOf(index, i % p_.width, i / p_.width);
        if (one.cluster == nullptr) continue;
        const double excess = excessOf(one);
        if (std::fabs(excess - 1) < kUnclear) found_.isClear = false;
        if (excess <= 1) continue;
        if (std::fabs(one.gain - best.gain) < kSame * one.gain) found_.isClear = false;
        if (one.gain > best.gain) best = one;
      }
    }
    return best;
  }

  /// None where its samples cannot be judged, or depart by no more than the least noise.
  Hypothesis hypothesisOf(std::size_t index, int x, int y) const {
    Hypothesis made{&p_.clusters[index], x, y, {}, 0};
    const auto& places = made.cluster->places;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const int u = x + places[i].x, v = y + places[i].y;
      if (u < 0 || u >= p_.width || v >= p_.height) return {};
      double far = 0;
      for (std::size_t k = 0; k < places.size(); ++k) {
        const int s = x + places[k].x, t = y + places[k].y;
        if (s < 0 || s >= p_.width || t >= p_.height) return {};
        far += inverses_[index][i * places.size() + k] * departures_[indexOf(s, t)];
      }
      const double own = inverses_[index][i * places.size() + i];
      if (!isAmid(places, places[i].x, places[i].y) && std::fabs(far) <= (1 - kUnclear) * 7 * std::sqrt(own) * noise_)
        return {};
      if (states_[indexOf(u, v)] == 0 || isByMissing(u, v)) return {};
      made.departures.push_back(far);
      made.gain += far * departures_[indexOf(u, v)];
    }
    return made;
  }

  double medianWithin(int left, int top, int right, int bottom) const {
    std::vector<double> values;
    for (int y = top; y < std::min(bottom, p_.height); ++y) {
      for (int x = left; x < std::min(right, p_.width); ++x) {
        if (!isByMissing(x, y)) values.push_back(std::fabs(departures_[indexOf(x, y)]));
      }
    }
    return median(values);
  }

  bool isByMissing(int x, int y) const {
    for (int v = std::max(0, y - 2); v <= std::min(p_.height - 1, y + 2); ++v) {
      for (int u = std::max(0, x - 2); u <= std::min(p_.width - 1, x + 2); ++u) {
        if (counts_[indexOf(u, v)] == 0) return true;
      }
    }
    return false;
  }

  /// Above 1: no blurred scene has it.
  double excessOf(const Hypothesis& one) const {
    const auto& places = one.cluster->places;
    const std::vector<double>& inverse = inverses_[one.cluster - p_.clusters.data()];
    double beyond = 1e9, noisy = 1e9;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (isAmid(places, places[i].x, places[i].y)) continue;
      const double far = std::fabs(one.departures[i]), own = std::sqrt(inverse[i * places.size() + i]);
      const double sample = p_.at(one.x + places[i].x, one.y + places[i].y);
      const double noise = 7 * own * noiseAt(one.x, one.y, sample - one.departures[i]);
      noisy = std::min(noisy, far / noise);
      beyond = std::min(beyond, far - noise);
    }
    const double share = 1.5 * one.cluster->spreadShare + 0.1, alone = 1.5 * one.cluster->aloneShare + 0.1;
    const double side = loudestSide(one);
    const double excess = std::min(beyond / (share * spreadAround(one)), beyond / (share * side));
    return std::min(noisy,
                    std::max(excess, std::min(excessAlone(one), beyond / (0.3 * std::min(share, alone) * side))));
  }

  /// Of the quietest sides of members of several that have not others all around.
  double loudestSide(const Hypothesis& one) const {
    const auto& places = one.cluster->places;
    double loudest = 1e-9;
    for (const auto& [x, y] : places) {
      if (places.size() > 1 && !isAmid(places, x, y)) loudest = std::max(loudest, quietestSide(one.x + x, one.y + y));
    }
    return loudest;
  }

  /// Above 1: members together depart by more than scenes do where nothing around is left to depart.
  double excessAlone(const Hypothesis& one) const {
    const auto& places = one.cluster->places;
    const std::vector<double>& inverse = inverses_[one.cluster - p_.clusters.data()];
    double squares = 0, noise = 0;
    int count = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (isAmid(places, places[i].x, places[i].y)) continue;
      const double sample = p_.at(one.x + places[i].x, one.y + places[i].y);
      const double own = std::sqrt(inverse[i * places.size() + i]);
      noise = std::max(noise, own * noiseAt(one.x, one.y, sample - one.departures[i]));
      squares += one.departures[i] * one.departures[i];
      ++count;
    }
    const double together = std::sqrt(squares / count), share = 1.5 * one.cluster->aloneShare + 0.4;
    return std::min((together - 7 * noise) / (share * spreadAround(one)),
                    (0.15 * together + 4 * noise) / leftAround(one));
  }

  /// The largest departure of samples within 2 pixels of members, once these are what is predicted for them.
  double leftAround(const Hypothesis& one) const {
    double most = 1e-9;
    for (const auto& [x, y] : placesAround(one)) {
      const int u = one.x + x, v = one.y + y;
      if (u < 0 || v < 0 || u >= p_.width || v >= p_.height) continue;
      double left = departures_[indexOf(u, v)];
      for (std::size_t k = 0; k < one.departures.size(); ++k) {
        const auto [s, t] = one.cluster->places[k];
        if (std::abs(s - x) > 2 || std::abs(t - y) > 2) continue;
        left += p_.weights[(t - y + 2) * 5 + s - x + 2] * one.departures[k];
      }
      most = std::max(most, std::fabs(left));
    }
    return most;
  }

  /// Whether other places are left, right, above and below, within 2 pixels.
  static bool isAmid(const std::vector<DefectCluster::Place>& places, int x, int y) {
    bool left = false, right = false, above = false, below = false;
    for (const auto& [u, v] : places) {
      if (std::abs(u - x) > 2 || std::abs(v - y) > 2) continue;
      left |= u<x, right |= u> x, above |= v<y, below |= v> y;
    }
    return left && right && above && below;
  }

  /// Of two rows of five above or below, or two columns of five left or right.
  double quietestSide(int x, int y) const {
    double quietest = 1e9;
    const int boxes[4][4] = {{-2, -1, -2, 2}, {1, 2, -2, 2}, {-2, 2, -2, -1}, {-2, 2, 1, 2}};
    for (const auto& [left, right, top, bottom] : boxes) {
      std::vector<double> side;
      for (int v = top; v <= bottom; ++v) {
        for (int u = left; u <= right; ++u) side.push_back(p_.at(x + u, y + v));
      }
      const auto [least, most] = std::minmax_element(side.begin(), side.end());
      quietest = std::min(quietest, *most - *least);
    }
    return quietest;
  }

  /// Of a block of 32 x 32, by every second pixel of every second row; it grows with the light as that of photons.
  double noiseAt(int x, int y, double predicted) const {
    std::vector<double> values;
    double level = 0;
    for (int v = y / 32 * 32; v < std::min(p_.height, y / 32 * 32 + 32); v += 2) {
      for (int u = x / 32 * 32; u < std::min(p_.width, x / 32 * 32 + 32); u += 2) {
        values.push_back(std::fabs(first_[indexOf(u, v)]));
        level += before_[indexOf(u, v)];
      }
    }
    level /= static_cast<double>(values.size());
    const double here = std::max(noise_, 1.4826 * median(values));
    return predicted > level ? here * std::sqrt(predicted / level) : here;
  }

  /// Within 2 pixels of any member, and none of them.
  static std::set<std::pair<int, int>> placesAround(const Hypothesis& one) {
    std::set<std::pair<int, int>> places;
    for (const auto& [x, y] : one.cluster->places) {
      for (int i = 0; i < 25; ++i) places.insert({x + i % 5 - 2, y + i / 5 - 2});
    }
    for (const auto& [x, y] : one.cluster->places) places.erase({x, y});
    return places;
  }

  double spreadAround(const Hypothesis& one) const {
    std::vector<double> around;
    for (const auto& [x, y] : placesAround(one)) around.push_back(p_.at(one.x + x, one.y + y));
    const auto [least, most] = std::minmax_element(around.begin(), around.end());
    return *most - *least;
  }

  DefectProblem& p_;
  ReferenceDefects found_;
  const std::vector<double> before_;
  const std::vector<std::uint8_t> counts_;
  std::vector<std::uint8_t> states_;
  std::vector<std::vector<double>> inverses_;
  std::vector<double> departures_, first_;
  double noise_ = 0;
};

}  // namespace

double DefectProblem::at(int x, int y) const {
  const int u = std::min(std::abs(x), 2 * (width - 1) - std::abs(x));
  const int v = std::min(std::abs(y), 2 * (height - 1) - std::abs(y));
  return samples[static_cast<std::size_t>(v) * width + u];
}

std::vector<double> clusterInverse(const std::vector<double>& weights, const DefectCluster& cluster) {
  const std::size_t side = cluster.places.size();
  std::vector<double> matrix(side * side), inverse(side * side);
  for (std::size_t i = 0; i < side * side; ++i) {
    const auto [x, y] = cluster.places[i / side];
    const auto [u, v] = cluster.places[i % side];
    const bool isNear = std::abs(u - x) <= 2 && std::abs(v - y) <= 2;
    inverse[i] = i / side == i % side;
    matrix[i] = inverse[i] - (isNear ? weights[(v - y + 2) * 5 + u - x + 2] : 0);
  }
  // Gauss and Jordan.
  for (std::size_t i = 0; i < side; ++i) {
    const double pivot = matrix[i * side + i];
    for (std::size_t k = 0; k < side; ++k) matrix[i * side + k] /= pivot, inverse[i * side + k] /= pivot;
    for (std::size_t row = 0; row < side; ++row) {
      const double factor = matrix[row * side + i];
      if (row == i) continue;
      for (std::size_t k = 0; k < side; ++k) {
        matrix[row * side + k] -= factor * matrix[i * side + k];
        inverse[row * side + k] -= factor * inverse[i * side + k];
      }
    }
  }
  return inverse;
}

ReferenceDefects referenceDefects(DefectProblem problem) { return Reference(problem).find(); }

}  // namespace perifocal::checks
