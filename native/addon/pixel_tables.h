// The tables by which the pixels of a pass are those of a frame, as TypeScript gives them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "addon/arguments.h"
#include "image/pixels.h"

namespace perifocal::addon {

/// The tables of a pass, and the frame pixels that they reach.
struct PixelTables {
  std::span<const std::uint32_t> rows, columns;

  explicit PixelTables(const Napi::Object& object)
      : rows(arrayOf<std::uint32_t>(object, "rowPixels")), columns(arrayOf<std::uint32_t>(object, "colPixels")) {}

  PixelMap map() const { return {rows.data(), rows.size(), columns.data(), columns.size()}; }
  std::size_t pixels() const { return rows.size() * columns.size(); }
  /// Pixels that a frame must have at least.
  std::size_t framePixels() const { return pixels() == 0 ? 0 : largestOf(rows) + largestOf(columns) + 1; }

 private:
  static std::size_t largestOf(std::span<const std::uint32_t> values) {
    return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  }
};

inline PixelTables pixelTablesOf(const Napi::Value& value) { return PixelTables(asObject(value, "map")); }

}  // namespace perifocal::addon
