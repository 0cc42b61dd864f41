#include "stars/sky_pixels.h"

#include <algorithm>

#include "stars/bodies.h"

namespace perifocal {
namespace {

template <class T>
void markInvalid(const SourceWindow& colours, int colourCount, double saturation, int y, int width, std::uint8_t* out) {
  const T* row = static_cast<const T*>(colours.first) + y * colours.rowStride;
  const auto limit = static_cast<float>(saturation);
  // False for NaN as well.
  const auto isValid = [=](T sample) { return static_cast<float>(sample) < limit; };
  if (colours.pixelStride == 1) {
    for (int x = 0; x < width; ++x) out[x] = !isValid(row[x]);
    return;
  }
  std::fill_n(out, width, 0);
  for (int colour = 0; colour < colourCount; ++colour) {
    for (int x = 0; x < width; ++x) out[x] |= !isValid(row[x * colours.pixelStride + colour]);
  }
}

}  // namespace

void readPixels(const SkyRequest& request, int left, int y, int count, float* brightness, std::uint8_t* invalid) {
  readRow(partOf(request.brightness, left, 0), y, count, brightness);
  const SourceWindow colours = partOf(request.colours, left, 0);
  const auto mark = [&]<class T>(T) {
    markInvalid<T>(colours, request.colourCount, request.saturation, y, count, invalid);
  };
  switch (colours.type) {
    case SampleType::kUint8: mark(std::uint8_t{}); break;
    case SampleType::kUint16: mark(std::uint16_t{}); break;
    case SampleType::kFloat32: mark(float{}); break;
  }
  for (const Body& body : request.bodies) body.mark(y, left, count, invalid);
}

}  // namespace perifocal
