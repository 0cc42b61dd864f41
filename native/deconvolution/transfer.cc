#include "deconvolution/transfer.h"

#include <algorithm>

#include "fft/visits.h"

namespace perifocal {
namespace {

int groupsOf(const Geometry& geometry) { return geometry.columns / 2 / kBinGroup + 1; }

/// Writes row y of the padded image that holds the kernel with its origin at (0, 0).
void placeKernelRow(const double* kernel, int radiusX, int radiusY, const Geometry& geometry, int y, float* row) {
  std::fill_n(row, geometry.columns, 0.0f);
  const int width = 2 * radiusX + 1;
  for (int dy = -radiusY; dy <= radiusY; ++dy) {
    // A kernel as large as a periodic tile may wrap around onto itself.
    if ((dy + geometry.rows) % geometry.rows != y) continue;
    const double* values = kernel + static_cast<std::ptrdiff_t>(dy + radiusY) * width + radiusX;
    for (int dx = -radiusX; dx <= radiusX; ++dx) {
      row[(dx + geometry.columns) % geometry.columns] += static_cast<float>(values[dx]);
    }
  }
}

}  // namespace

std::size_t ColumnPanels::bytes(const Geometry& geometry, int floats) {
  return static_cast<std::size_t>(groupsOf(geometry)) * geometry.rows * floats * sizeof(float);
}

void ColumnPanels::create(const Geometry& geometry, int floats, Arena& arena) {
  rows_ = geometry.rows;
  floats_ = floats;
  data_ = reinterpret_cast<float*>(arena.take(bytes(geometry, floats)));
}

std::size_t TransferFunction::bytes(const SolverShape& shape, const Geometry& geometry) {
  return ColumnPanels::bytes(geometry, shape.symmetric ? kBinGroup : 2 * kBinGroup);
}

void TransferFunction::create(const SolverShape& shape, const Geometry& geometry, const DeconvolutionKernels& kernels,
                              Arena& arena) {
  real_ = shape.symmetric;
  radiusX_ = shape.radiusX;
  radiusY_ = shape.radiusY;
  geometry_ = geometry;
  kernels_ = &kernels;
  panels_.create(geometry, real_ ? kBinGroup : 2 * kBinGroup, arena);
}

void TransferFunction::set(const double* kernel, RealFft2d& fft, Spectrum spectrum) {
  auto place = [&](int row, int count, float* rows, std::ptrdiff_t stride, int) {
    for (int i = 0; i < count; ++i) placeKernelRow(kernel, radiusX_, radiusY_, geometry_, row + i, rows + i * stride);
  };
  auto keep = [&](const ColumnBlock& block, int) {
    const int floats = real_ ? kBinGroup : 2 * kBinGroup;
    float* out = panels_.at(block);
    for (int r = 0; r < block.rows; ++r) std::copy_n(block.data + r * 2 * kBinGroup, floats, out + r * floats);
  };
  const RowVisit placing(place);
  const ColumnVisit keeping(keep);
  fft.forwardRows(placing.function, placing.context, spectrum);
  fft.forwardColumns(spectrum, keeping.function, keeping.context);
}

void TransferFunction::multiply(const ColumnBlock& block) const {
  (real_ ? kernels_->multiplyReal : kernels_->multiply)(at(block), block.rows, block.data);
}

void TransferFunction::multiplyConjugate(const ColumnBlock& block) const {
  (real_ ? kernels_->multiplyReal : kernels_->multiplyConjugate)(at(block), block.rows, block.data);
}

}  // namespace perifocal
