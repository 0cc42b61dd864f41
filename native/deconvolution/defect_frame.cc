#include "deconvolution/defect_frame.h"

#include <algorithm>

namespace perifocal {
namespace {

constexpr int kReach = Prediction::kReach, kSide = Prediction::kSide;

}  // namespace

DefectFrame::DefectFrame(const DefectRequest& request)
    : request_(request),
      source_{request.window.first, request.window.type, request.window.pixelStride, request.window.rowStride,
              request.window.white},
      scale_(1.0f / request.window.scale()) {
  // Whatever is not 0 counts.
  std::uint8_t* states = request_.valid;
  std::transform(states, states + pixels(), states, [](std::uint8_t state) { return state != 0 ? kValid : kUnknown; });
}

float DefectFrame::at(int x, int y) const {
  const std::ptrdiff_t index = y * source_.rowStride + x * source_.pixelStride;
  switch (source_.type) {
    case SampleType::kUint8: return static_cast<const std::uint8_t*>(source_.first)[index] * scale_;
    case SampleType::kUint16: return static_cast<const std::uint16_t*>(source_.first)[index] * scale_;
    case SampleType::kFloat32: return static_cast<const float*>(source_.first)[index] * scale_;
  }
  return 0;
}

void DefectFrame::row(int y, float* out) const { readRow(source_, y, width(), out); }

void DefectFrame::replace(int x, int y, float value) const {
  TargetWindow pixel = request_.window;
  const std::ptrdiff_t index = y * pixel.rowStride + x * pixel.pixelStride;
  pixel.first = static_cast<std::byte*>(pixel.first) + index * static_cast<std::ptrdiff_t>(sampleBytes(pixel.type));
  storeRow(&value, pixel, 0, 1);
}

bool DefectFrame::isByUnknown(int x, int y) const {
  for (int v = std::max(0, y - kReach); v <= std::min(height() - 1, y + kReach); ++v) {
    for (int u = std::max(0, x - kReach); u <= std::min(width() - 1, x + kReach); ++u) {
      if (state(u, v) != kValid && state(u, v) != kReplaced) return true;
    }
  }
  return false;
}

void DefectFrame::finish() const {
  std::uint8_t* states = request_.valid;
  std::replace(states, states + pixels(), std::uint8_t{kReplaced}, std::uint8_t{kUnknown});
}

float DefectFrame::departure(int x, int y) const {
  float departure = at(x, y);
  for (int tap = 0; tap < kSide * kSide / 2; ++tap) {
    // As kernels do it, to the bit.
    const int dy = tap / kSide - kReach, dx = tap % kSide - kReach;
    departure -= request_.prediction.weights[tap] * (reflectedAt(x + dx, y + dy) + reflectedAt(x - dx, y - dy));
  }
  return departure;
}

}  // namespace perifocal
