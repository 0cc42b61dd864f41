#include <algorithm>
#include <cstdlib>

#include "deconvolution/clipped.h"

namespace perifocal {
namespace {

/// How far to look for samples that count; farther inside, clipped samples stay as they are.
constexpr int kFarthest = 32;
/// What a clipped sample itself is worth, as if it were one that far away: large white areas are mostly white.
constexpr float kOwnShare = 1.0f / (kFarthest * kFarthest);

bool isByClipped(const DefectFrame& frame, int x, int y) {
  for (int v = std::max(0, y - 1); v <= std::min(frame.height() - 1, y + 1); ++v) {
    for (int u = std::max(0, x - 1); u <= std::min(frame.width() - 1, x + 1); ++u) {
      if (frame.isClipped(u, v)) return true;
    }
  }
  return false;
}

/// The nearest samples that count in a row and a column, by their inverse squared distances.
float continued(const DefectFrame& frame, int x, int y) {
  constexpr int kDirections[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
  float sum = kOwnShare * frame.at(x, y), weights = kOwnShare;
  for (const auto& [dx, dy] : kDirections) {
    for (int distance = 1; distance <= kFarthest; ++distance) {
      const int u = x + distance * dx, v = y + distance * dy;
      if (u < 0 || v < 0 || u >= frame.width() || v >= frame.height()) break;
      if (!frame.isValid(u, v)) continue;
      const float weight = 1.0f / static_cast<float>(distance * distance);
      sum += weight * frame.at(u, v);
      weights += weight;
      break;
    }
  }
  return sum / weights;
}

}  // namespace

void fillClipped(const DefectFrame& frame) {
  for (int y = 0; y < frame.height(); ++y) {
    for (int x = 0; x < frame.width(); ++x) {
      if (!frame.isValid(x, y) && isByClipped(frame, x, y)) frame.replace(x, y, continued(frame, x, y));
    }
  }
}

}  // namespace perifocal
