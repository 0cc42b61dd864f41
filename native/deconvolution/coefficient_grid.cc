#include "deconvolution/coefficient_grid.h"

#include <algorithm>
#include <cmath>

namespace perifocal {
namespace {

/// The position in the tile that is nearest to a padded one.
int nearestInTile(int position, int size, int padded) {
  if (position < size) return position;
  return position - size < padded - position ? size - 1 : 0;
}

/// out = (or +=) (start + slope * i) * values
void applyRamp(const float* values, int count, float start, float slope, bool add, float* out) {
  if (add) {
    for (int i = 0; i < count; ++i) out[i] += (start + slope * static_cast<float>(i)) * values[i];
  } else {
    for (int i = 0; i < count; ++i) out[i] = (start + slope * static_cast<float>(i)) * values[i];
  }
}

}  // namespace

void CoefficientGrid::set(const Psf& psf, int modes) {
  rows_ = psf.gridRows;
  columns_ = psf.gridColumns;
  nodes_.assign(psf.coefficients, psf.coefficients + static_cast<std::ptrdiff_t>(modes) * rows_ * columns_);
}

/// Interpolated between the two grid rows around padded row y.
float CoefficientGrid::node(int mode, int y, int column) const {
  const float* grid = nodes_.data() + static_cast<std::ptrdiff_t>(mode) * rows_ * columns_ + column;
  if (rows_ == 1 || geometry_.height == 1) return grid[0];
  const double at =
      static_cast<double>(nearestInTile(y, geometry_.height, geometry_.rows)) * (rows_ - 1) / (geometry_.height - 1);
  const int above = std::min(static_cast<int>(at), rows_ - 2);
  const double share = at - above;
  return static_cast<float>((1 - share) * grid[above * columns_] + share * grid[(above + 1) * columns_]);
}

void CoefficientGrid::apply(int mode, int y, const float* values, bool add, float* out) const {
  const int width = geometry_.width, cells = width == 1 ? 0 : columns_ - 1;
  int x = 0;
  for (int cell = 0; cell < cells; ++cell) {
    const double cellWidth = static_cast<double>(width - 1) / cells, begin = cell * cellWidth;
    const int end = cell == cells - 1 ? width : static_cast<int>(std::ceil(begin + cellWidth));
    const float first = node(mode, y, cell), slope = static_cast<float>((node(mode, y, cell + 1) - first) / cellWidth);
    applyRamp(values + x, end - x, first + slope * static_cast<float>(x - begin), slope, add, out + x);
    x = std::max(x, end);
  }
  // The first half of what lies beyond continues the tile's end, the second half its beginning.
  const int middle = cells == 0 ? geometry_.columns : width + (geometry_.columns - width + 1) / 2;
  const float last = node(mode, y, cells);
  applyRamp(values + x, middle - x, last, 0.0f, add, out + x);
  applyRamp(values + middle, geometry_.columns - middle, node(mode, y, 0), 0.0f, add, out + middle);
}

}  // namespace perifocal
