#include "deconvolution/workspace.h"

namespace perifocal {

RowTotals total(const RowTotals* rows, int count) {
  RowTotals sum{};
  for (int y = 0; y < count; ++y) {
    sum.residual += rows[y].residual;
    sum.light += rows[y].light;
    sum.change += rows[y].change;
    sum.norm += rows[y].norm;
    sum.withLast += rows[y].withLast;
    sum.square += rows[y].square;
  }
  return sum;
}

Plane takePlane(const Geometry& geometry, Arena& arena) {
  return {reinterpret_cast<float*>(arena.take(geometry.planeBytes())), geometry.pitch, geometry.rows};
}

}  // namespace perifocal
