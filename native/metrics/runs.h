// Rows of which only a part counts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace perifocal {

/// One byte per place, row by row, 0 where it does not count.
struct PlaceMask {
  const std::uint8_t* data = nullptr;  ///< null: all count
  int width = 0;

  const std::uint8_t* row(int y, int x = 0) const {
    return data == nullptr ? nullptr : data + static_cast<std::ptrdiff_t>(y) * width + x;
  }
};

/// Calls `body(first, count)` for all places that count and follow each other.
/// @param mask of the row; null: all count
template <class Body>
void forEachRun(const std::uint8_t* mask, int count, Body&& body) {
  if (mask == nullptr) return body(0, count);
  for (int x = 0; x < count;) {
    const int first = x;
    while (x < count && mask[x] != 0) ++x;
    if (x > first) body(first, x - first);
    while (x < count && mask[x] == 0) ++x;
  }
}

}  // namespace perifocal
