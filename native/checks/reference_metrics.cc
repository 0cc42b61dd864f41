#include "checks/reference_metrics.h"

#include <algorithm>
#include <cmath>

namespace perifocal::checks {
namespace {

double sampleAt(const FrameView& frame, int x, int y, int channel) {
  const std::byte* pixel = frame.pixel(x, y);
  switch (frame.type) {
    case SampleType::kUint8: return reinterpret_cast<const std::uint8_t*>(pixel)[channel];
    case SampleType::kUint16: return reinterpret_cast<const std::uint16_t*>(pixel)[channel];
    case SampleType::kFloat32: return reinterpret_cast<const float*>(pixel)[channel];
  }
  return 0;
}

double componentAt(const FrameView& frame, int component, int x, int y) {
  if (component != kLuminance) return sampleAt(frame, x, y, component);
  if (frame.channels < 3) return sampleAt(frame, x, y, 0);
  return 0.299 * sampleAt(frame, x, y, 0) + 0.587 * sampleAt(frame, x, y, 1) + 0.114 * sampleAt(frame, x, y, 2);
}

/// Means of squares; `clamp`: also of those that are cut off, whose last values count for what is missing.
ReferencePlane average(const ReferencePlane& in, int side, bool clamp) {
  const int extra = clamp ? side - 1 : 0;
  ReferencePlane out{(in.width + extra) / side, (in.height + extra) / side, {}};
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      double sum = 0;
      for (int i = 0; i < side * side; ++i) {
        sum += in.at(std::min(x * side + i % side, in.width - 1), std::min(y * side + i / side, in.height - 1));
      }
      out.values.push_back(sum / (side * side));
    }
  }
  return out;
}

}  // namespace

ReferencePlane referencePlane(const FrameView& frame, int component, PlaneScale scale) {
  ReferencePlane plane{frame.width, frame.height, {}};
  for (int y = 0; y < plane.height; ++y) {
    for (int x = 0; x < plane.width; ++x) plane.values.push_back(componentAt(frame, component, x, y));
  }
  plane = average(plane, scale.pool, false);
  for (int i = 0; i < scale.halvings; ++i) plane = average(plane, 2, true);
  return plane;
}

Similarity referenceSimilarity(const SimilarityRequest& request) {
  const ReferencePlane a = referencePlane(request.a, request.component, request.scale);
  const ReferencePlane b = referencePlane(request.b, request.component, request.scale);
  const double c1 = std::pow(0.01 * request.range, 2), c2 = std::pow(0.03 * request.range, 2);
  const auto weightOf = [](int dx, int dy) { return std::exp(-(dx * dx + dy * dy) / (2 * 1.5 * 1.5)); };
  Similarity total;
  int pixels = 0;
  for (int y = 5; y < a.height - 5; ++y) {
    for (int x = 5; x < a.width - 5; ++x) {
      double weight = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
      for (int dy = -5; dy <= 5; ++dy) {
        for (int dx = -5; dx <= 5; ++dx) {
          const double w = weightOf(dx, dy), p = a.at(x + dx, y + dy), q = b.at(x + dx, y + dy);
          weight += w;
          ma += w * p, mb += w * q, aa += w * p * p, bb += w * q * q, ab += w * p * q;
        }
      }
      ma /= weight, mb /= weight;
      const double va = aa / weight - ma * ma, vb = bb / weight - mb * mb, cov = ab / weight - ma * mb;
      const double structure = (2 * cov + c2) / (va + vb + c2);
      total.contrastStructure += structure;
      total.ssim += structure * (2 * ma * mb + c1) / (ma * ma + mb * mb + c1);
      ++pixels;
    }
  }
  return {total.ssim / pixels, total.contrastStructure / pixels};
}

}  // namespace perifocal::checks
