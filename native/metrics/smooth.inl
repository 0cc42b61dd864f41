// Symmetric windows over columns and rows. Include inside the unit's anonymous namespace, after doubles.h.

/// Several rows at once, since each row read serves them all.
template <int radius>
void smoothColumns(const double* const* rows, const double* weights, int count, double* const* out) {
  for (int i = 0; i < count; i += kLanes) {
    for (int y = 0; y < kSmoothedRows; ++y) {
      Doubles sum = weights[0] * at(rows[y + radius] + i);
      for (int k = 1; k <= radius; ++k)
        sum += weights[k] * (at(rows[y + radius - k] + i) + at(rows[y + radius + k] + i));
      at(out[y] + i) = sum;
    }
  }
}

/// in[0] is the leftmost value under the window.
template <int radius>
PERIFOCAL_INLINE void smoothLanes(const double* in, const double* weights, Doubles& out) {
  out = weights[0] * at(in + radius);
  for (int k = 1; k <= radius; ++k) out += weights[k] * (at(in + radius - k) + at(in + radius + k));
}
