#include "checks/reference_scene.h"

#include <algorithm>
#include <cmath>

#include "checks/reference_metrics.h"

namespace perifocal::checks {
namespace {

int clampTo(int i, int count) { return std::clamp(i, 0, count - 1); }
int mirror(int i, int count) { return i < 0 ? -1 - i : i >= count ? 2 * count - 1 - i : i; }
int wrap(int i, int count) { return (i + count) % count; }

ReferencePlane roundedGrey(const FrameView& frame, int width, int height) {
  const ReferencePlane luminance = referencePlane(frame, kLuminance);
  ReferencePlane grey{width, height, {}};
  for (int i = 0; i < width * height; ++i) {
    grey.values.push_back(
        std::floor(std::clamp(luminance.at(i % width, i / width) * (255 / fullScale(frame.type)), 0.0, 255.0) + 0.5));
  }
  return grey;
}

/// 8 x 8 pixels around the middle of 2 x 2, each weighted by a cubic of its distance.
ReferencePlane halve(const ReferencePlane& in) {
  const double cubic[] = {-3, -9, 29, 111, 111, 29, -9, -3};
  ReferencePlane out{(in.width + 1) / 2, (in.height + 1) / 2, {}};
  for (int i = 0; i < out.width * out.height; ++i) {
    const int x = 2 * (i % out.width) - 3, y = 2 * (i / out.width) - 3;
    double sum = 0;
    for (int k = 0; k < 64; ++k)
      sum += cubic[k % 8] * cubic[k / 8] * in.at(mirror(x + k % 8, in.width), mirror(y + k / 8, in.height));
    out.values.push_back(sum / (256 * 256));
  }
  return out;
}

/// Coefficients, and local deviations.
struct Normalised {
  ReferencePlane coefficients, sigma;
};

Normalised normalise(const ReferencePlane& in, bool replicate) {
  const auto valueAt = [&](int x, int y) {
    const int inX = clampTo(x, in.width), inY = clampTo(y, in.height);
    return replicate || (inX == x && inY == y) ? in.at(inX, inY) : 0.0;
  };
  Normalised out{{in.width, in.height, {}}, {in.width, in.height, {}}};
  for (int i = 0; i < in.width * in.height; ++i) {
    const int x = i % in.width, y = i / in.width;
    double weight = 0, mean = 0, square = 0;
    for (int k = 0; k < 49; ++k) {
      const int dx = k % 7 - 3, dy = k / 7 - 3;
      const double w = std::exp(-(dx * dx + dy * dy) / (2 * std::pow(7.0 / 6, 2))), value = valueAt(x + dx, y + dy);
      weight += w, mean += w * value, square += w * value * value;
    }
    mean /= weight;
    const double sigma = std::sqrt(std::fabs(square / weight - mean * mean));
    out.sigma.values.push_back(sigma);
    out.coefficients.values.push_back((in.at(x, y) - mean) / (sigma + 1));
  }
  return out;
}

double ratioOf(double a) { return std::pow(std::tgamma(2 / a), 2) / (std::tgamma(1 / a) * std::tgamma(3 / a)); }

template <class Error>
double bestShape(Error error) {
  double best = 0.2;
  for (int i = 1; i <= 9800; ++i) {
    if (error(ratioOf(0.2 + 0.001 * i)) < error(ratioOf(best))) best = 0.2 + 0.001 * i;
  }
  return best;
}

struct Fit {
  double alpha, left, right;
};

Fit fitAsymmetric(const std::vector<double>& samples) {
  double negative = 0, positive = 0, negatives = 0, positives = 0, magnitude = 0;
  for (double value : samples) {
    (value < 0 ? negative : positive) += value * value;
    (value < 0 ? negatives : positives) += value != 0;
    magnitude += std::fabs(value) / static_cast<double>(samples.size());
  }
  const double left = std::sqrt(negative / negatives), right = std::sqrt(positive / positives), g = left / right;
  const double r = magnitude * magnitude * static_cast<double>(samples.size()) / (negative + positive);
  const double wanted = r * (g * g * g + 1) * (g + 1) / std::pow(g * g + 1, 2);
  return {bestShape([&](double ratio) { return std::fabs(ratio - wanted); }), left, right};
}

/// Products of a rectangle's values with their neighbours, which go round in it; the first are the values themselves.
std::vector<std::vector<double>> products(const ReferencePlane& in, int left, int top, int width, int height) {
  constexpr int kShifts[4][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}};
  std::vector<std::vector<double>> all(5);
  for (int i = 0; i < width * height; ++i) {
    const int x = i % width, y = i / width;
    const double value = in.at(left + x, top + y);
    all[0].push_back(value);
    for (int s = 0; s < 4; ++s) {
      all[1 + s].push_back(value * in.at(left + wrap(x - kShifts[s][1], width), top + wrap(y - kShifts[s][0], height)));
    }
  }
  return all;
}

}  // namespace

std::vector<double> referenceBlocks(const FrameView& frame) {
  const int columns = frame.width / 96, rows = frame.height / 96;
  const Normalised full = normalise(roundedGrey(frame, columns * 96, rows * 96), true);
  const Normalised half = normalise(halve(roundedGrey(frame, columns * 96, rows * 96)), true);
  std::vector<double> features, sharpness;
  for (int block = 0; block < columns * rows; ++block) {
    const int x = block % columns, y = block / columns;
    for (int side : {96, 48}) {
      const ReferencePlane& plane = (side == 96 ? full : half).coefficients;
      for (const std::vector<double>& samples : products(plane, x * side, y * side, side, side)) {
        const Fit fit = fitAsymmetric(samples);
        const double scale = std::sqrt(std::tgamma(1 / fit.alpha) / std::tgamma(3 / fit.alpha));
        const bool isPlain = features.size() % 18 == 0;
        features.push_back(fit.alpha);
        if (isPlain) {
          features.push_back((fit.left + fit.right) * scale / 2);
        } else {
          const double mean = (fit.right - fit.left) * scale * std::tgamma(2 / fit.alpha) / std::tgamma(1 / fit.alpha);
          features.insert(features.end(), {mean, fit.left * scale, fit.right * scale});
        }
      }
    }
    double sum = 0;
    for (int i = 0; i < 96 * 96; ++i) sum += full.sigma.at(x * 96 + i % 96, y * 96 + i / 96);
    sharpness.push_back(sum / (96 * 96));
  }
  features.insert(features.end(), sharpness.begin(), sharpness.end());
  return features;
}

std::vector<double> referenceScene(const FrameView& frame) {
  std::vector<double> features;
  ReferencePlane image = roundedGrey(frame, frame.width, frame.height);
  for (int scale = 0; scale < 2; ++scale) {
    const auto all = products(normalise(image, false).coefficients, 0, 0, image.width, image.height);
    double variance = 0, magnitude = 0;
    for (double value : all[0])
      variance += value * value / all[0].size(), magnitude += std::fabs(value) / all[0].size();
    const double wanted = variance / (magnitude * magnitude);
    features.insert(features.end(), {bestShape([&](double ratio) { return std::fabs(1 / ratio - wanted); }), variance});
    for (int s = 1; s <= 4; ++s) {
      const Fit fit = fitAsymmetric(all[s]);
      const double scaleOf = std::sqrt(std::tgamma(1 / fit.alpha) / std::tgamma(3 / fit.alpha));
      const double mean = (fit.right - fit.left) * scaleOf * std::tgamma(2 / fit.alpha) / std::tgamma(1 / fit.alpha);
      features.insert(features.end(), {fit.alpha, mean, fit.left * fit.left, fit.right * fit.right});
    }
    image = halve(image);
  }
  return features;
}

}  // namespace perifocal::checks
