// The median of a list.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace perifocal {

/// Counts take no branches and many values at once.
template <class T>
std::ptrdiff_t countBelow(std::span<const T> values, T limit) {
  int count = 0;
  for (const T value : values) count += value < limit;
  return count;
}

/// Some values of a list, among them those of the ranks asked for.
template <class T>
struct RankedValues {
  std::vector<T> values;
  std::ptrdiff_t below;  ///< how many of the list are less
};

/// Few values of a long list that has those of ranks `first` and `last` among them, or all: the range of values is
/// halved by counting, which is cheaper than to sort them out.
template <class T>
RankedValues<T> valuesAround(std::span<const T> values, std::ptrdiff_t first, std::ptrdiff_t last) {
  constexpr std::size_t kShort = 64, kProbes = 16;
  constexpr std::ptrdiff_t kFew = 96;
  constexpr int kMostHalvings = 12;
  T low{}, high{};
  std::ptrdiff_t below = 0, end = 0;
  if (values.size() > kShort) {
    low = high = values[0];
    for (std::size_t i = 0; i < values.size(); i += values.size() / kProbes) {
      low = std::min(low, values[i]);
      high = std::max(high, values[i]);
    }
    below = countBelow(values, low);
    end = countBelow(values, high);
  }
  if (below > first || last >= end || !std::isfinite(high - low)) return {{values.begin(), values.end()}, 0};
  for (int halving = 0; halving < kMostHalvings && end - below > kFew; ++halving) {
    const T middle = low + (high - low) / 2;
    const std::ptrdiff_t count = countBelow(values, middle);
    if (count > first && count <= last) break;
    (count <= first ? low : high) = middle;
    (count <= first ? below : end) = count;
  }
  // One more: every value is written, and stays if it is one of them.
  std::vector<T> kept(end - below + 1);
  std::size_t size = 0;
  for (const T value : values) {
    kept[size] = value;
    size += static_cast<std::size_t>((low <= value) & (value < high));
  }
  kept.resize(size);
  return {std::move(kept), below};
}

/// The mean of the two in the middle of an even number; of at least one value, none NaN.
template <class T>
double medianOf(std::span<const T> list) {
  const auto last = static_cast<std::ptrdiff_t>(list.size() / 2),
             first = static_cast<std::ptrdiff_t>((list.size() - 1) / 2);
  auto [values, below] = valuesAround(list, first, last);
  const auto middle = values.begin() + (last - below);
  std::nth_element(values.begin(), middle, values.end());
  if (first == last) return *middle;
  return (static_cast<double>(*std::max_element(values.begin(), middle)) + *middle) / 2;
}

}  // namespace perifocal
