#include "estimation/periodogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>

#include "fft/transform.h"
#include "image/sample_window.h"

namespace perifocal {
namespace {

std::vector<float> hannWindow(int side) {
  std::vector<float> window(side);
  for (int i = 0; i < side; ++i) {
    window[i] = static_cast<float>(0.5 - 0.5 * std::cos(2 * std::numbers::pi * (i + 0.5) / side));
  }
  return window;
}

/// Reads a block; false where it is not fit.
bool readBlock(const PeriodogramRequest& request, std::uint32_t left, std::uint32_t top, std::vector<float>& block) {
  const int side = request.side;
  const SourceWindow part = partOf(request.window, static_cast<int>(left), static_cast<int>(top));
  for (int y = 0; y < side; ++y) {
    readRow(part, y, side, block.data() + static_cast<std::ptrdiff_t>(y) * side);
  }
  int clipped = 0, odd = 0;
  for (float value : block) {
    odd += !(std::fabs(value) <= std::numeric_limits<float>::max());
    clipped += (value <= 0) | (value >= 1);
  }
  return odd == 0 && clipped <= request.mostClipped * static_cast<double>(block.size());
}

/// Takes the mean away, which would leak into the lowest frequencies.
void applyWindow(const std::vector<float>& window, std::vector<float>& block) {
  double sum = 0;
  for (float value : block) sum += value;
  const auto mean = static_cast<float>(sum / static_cast<double>(block.size()));
  float* row = block.data();
  for (const float weight : window) {
    for (const float across : window) {
      *row = (*row - mean) * (weight * across);
      ++row;
    }
  }
}

}  // namespace

Status measurePeriodogram(const PeriodogramRequest& request, const FftKernels& kernels, const Team& team,
                          Periodogram& found) {
  const int side = request.side;
  std::unique_ptr<Transform> transform;
  const Status status = Transform::create({true, side, side, 1}, kernels, team.ticket(), transform);
  if (!status.ok()) return status;
  const std::vector<float> window = hannWindow(side);
  const std::size_t bins = static_cast<std::size_t>(side) * (side / 2 + 1);
  std::vector<float> block(static_cast<std::size_t>(side) * side), re(bins), im(bins);
  found = {std::vector<double>(bins), 0};
  for (std::size_t i = 0; i + 1 < request.corners.size() && !team.cancelled(); i += 2) {
    if (!readBlock(request, request.corners[i], request.corners[i + 1], block)) continue;
    applyWindow(window, block);
    transform->forward(block.data(), re.data(), im.data());
    for (std::size_t bin = 0; bin < bins; ++bin) {
      found.power[bin] += static_cast<double>(re[bin]) * re[bin] + static_cast<double>(im[bin]) * im[bin];
    }
    ++found.blocks;
  }
  double energy = 0;
  for (float weight : window) energy += static_cast<double>(weight) * weight;
  for (double& power : found.power) power /= energy * energy * std::max(found.blocks, 1);
  return team.status();
}

}  // namespace perifocal
