#include "deconvolution/weights.h"

#include <algorithm>

#include "fft/visits.h"

namespace perifocal {
namespace {

constexpr double kLeastShare = 0.01;  // deconwolf, and the specification of Bertero's weights

/// Signed distance from the tile's first row or column; what is past the far rim belongs to the near one.
int signedPosition(int position, int size, int padded, int radius) {
  return position < size + radius ? position : position - padded;
}

bool needsPlane(const SolverShape& shape) {
  return shape.masked || (shape.boundary == Boundary::kBertero && shape.modes > 1);
}

/// Rows whose weights differ: two rims of 2 radii, and one for all between them, and one for all beyond. Tiles without
/// a row between the rims have as many as there are.
int distinctRows(const SolverShape& shape, const Geometry& geometry) {
  return shape.height > 2 * shape.radiusY ? 4 * shape.radiusY + 2 : geometry.rows;
}

}  // namespace

std::size_t Weights::bytes(const SolverShape& shape, const Geometry& geometry) {
  if (needsPlane(shape)) return geometry.planeBytes();
  if (shape.boundary != Boundary::kBertero) return 0;
  return geometry.pitch * sizeof(float) * distinctRows(shape, geometry);
}

void Weights::create(const SolverShape& shape, const Geometry& geometry, Arena& arena) {
  if (bytes(shape, geometry) == 0) return;
  kind_ = needsPlane(shape) ? Kind::kPlane : Kind::kRows;
  radiusX_ = shape.radiusX;
  radiusY_ = shape.radiusY;
  geometry_ = geometry;
  data_ = reinterpret_cast<float*>(arena.take(bytes(shape, geometry)));
}

/// Row classes, in this order: the upper rim inside the tile, all between, the lower rim, the upper rim outside, the
/// rest.
int Weights::rowClass(int y) const {
  const int height = geometry_.height;
  if (height <= 2 * radiusY_) return y;
  if (y < radiusY_) return y;
  if (y < height - radiusY_) return radiusY_;
  if (y < height + radiusY_) return y - (height - radiusY_) + radiusY_ + 1;
  if (y >= geometry_.rows - radiusY_) return y - (geometry_.rows - radiusY_) + 3 * radiusY_ + 1;
  return 4 * radiusY_ + 1;
}

void Weights::setPsf(const Psf& psf) {
  if (kind_ != Kind::kRows) return;
  for (int y = 0, last = -1; y < geometry_.rows; ++y) {
    const int index = rowClass(y);
    if (index != last) setRow(psf.kernels, y, data_ + index * geometry_.pitch);
    last = index;
  }
}

/// Light of (x, y) reaches the tile through those of the kernel's values that, laid around it, lie in the tile.
void Weights::setRow(const double* kernel, int y, float* out) const {
  const int width = 2 * radiusX_ + 1, at = signedPosition(y, geometry_.height, geometry_.rows, radiusY_);
  std::vector<double> upTo(width + 1, 0.0);  // sums of the kernel's columns left of each
  for (int dy = std::max(-radiusY_, -at); dy <= std::min(radiusY_, geometry_.height - 1 - at); ++dy) {
    const double* row = kernel + static_cast<std::ptrdiff_t>(dy + radiusY_) * width;
    for (int i = 0; i < width; ++i) upTo[i + 1] += row[i];
  }
  for (int i = 0; i < width; ++i) upTo[i + 1] += upTo[i];
  for (int x = 0; x < geometry_.columns; ++x) {
    const int column = signedPosition(x, geometry_.width, geometry_.columns, radiusX_);
    const int first = std::max(0, radiusX_ - column), end = std::min(width, radiusX_ + geometry_.width - column);
    const double share = end > first ? upTo[end] - upTo[first] : 0;
    out[x] = share > kLeastShare ? static_cast<float>(1 / share) : 0.0f;
  }
}

void Weights::setMask(const Observation& observation, Blur& blur, const RowScratch& scratch) {
  if (kind_ != Kind::kPlane) return;
  auto produce = [&](int row, int count, float* rows, std::ptrdiff_t stride, int thread) {
    for (int i = 0; i < count; ++i) {
      float* out = rows + i * stride;
      const int observed = observation.observedColumns(row + i);
      std::fill(out + observed, out + geometry_.columns, 0.0f);
      if (observation.masked() && observed > 0) {
        observation.valid(row + i, out, scratch.row(thread, 0));
      } else {
        std::fill_n(out, observed, 1.0f);
      }
    }
  };
  auto keep = [&](int row, int count, float* rows, std::ptrdiff_t stride, int) {
    for (int i = 0; i < count; ++i) {
      float* out = data_ + (row + i) * geometry_.pitch;
      for (int x = 0; x < geometry_.columns; ++x) {
        const float share = rows[i * stride + x];
        out[x] = share > static_cast<float>(kLeastShare) ? 1.0f / share : 0.0f;
      }
    }
  };
  blur.startRatios(RowVisit(produce));
  blur.spread();
  blur.readCorrections(RowVisit(keep));
}

const float* Weights::row(int y) const {
  switch (kind_) {
    case Kind::kNone: return nullptr;
    case Kind::kRows: return data_ + rowClass(y) * geometry_.pitch;
    case Kind::kPlane: return data_ + y * geometry_.pitch;
  }
  return nullptr;
}

}  // namespace perifocal
