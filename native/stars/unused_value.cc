#include "stars/unused_value.h"

#include <algorithm>
#include <map>
#include <vector>

#include "stars/sky_pixels.h"

namespace perifocal {
namespace {

/// Every so many rows are looked at, and the first and last ones.
constexpr int kRowStep = 8;
/// Noise makes no such runs, and less of them than this part of all pixels are no border.
constexpr int kLeastRun = 4;
constexpr double kLeastShare = 0.002;
/// Values whose runs are counted: a frame has few, but for one made to have many.
constexpr std::size_t kMostValues = 4096;

}  // namespace

std::optional<float> commonConstant(const SkyRequest& request) {
  std::map<float, std::ptrdiff_t> runs;
  std::vector<float> row(request.width);
  std::vector<std::uint8_t> invalid(request.width);
  std::ptrdiff_t seen = 0;
  const auto lookAt = [&](int y) {
    readPixels(request, 0, y, request.width, row.data(), invalid.data());
    seen += request.width;
    for (int first = 0, end; first < request.width; first = end) {
      for (end = first + 1; end < request.width && row[end] == row[first] && invalid[end] == 0;) ++end;
      if (end - first < kLeastRun || invalid[first] != 0 || runs.size() >= kMostValues) continue;
      runs[row[first]] += end - first;
    }
  };
  for (int y = 0; y < request.height; y += kRowStep) lookAt(y);
  lookAt(request.height - 1);
  const auto most =
      std::max_element(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == runs.end() || static_cast<double>(most->second) < kLeastShare * static_cast<double>(seen)) {
    return std::nullopt;
  }
  return most->first;
}

}  // namespace perifocal
