// The median of a list, which it reorders.
#pragma once

#include <algorithm>
#include <vector>

namespace perifocal {

/// The mean of the two in the middle of an even number; of at least one value, none NaN.
template <class T>
double medianOf(std::vector<T>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (static_cast<double>(*std::max_element(values.begin(), middle)) + *middle) / 2;
}

}  // namespace perifocal
