// Rows of natural scene statistics (Mittal et al. 2012). Include inside the unit's anonymous namespace, after
// smooth.inl.

void roundToGrey(double scale, int count, double* row) {
  for (int i = 0; i < count; ++i) {
    const double value = std::min(std::max(row[i] * scale, 0.0), 255.0);
    row[i] = static_cast<std::int32_t>(value + 0.5);
  }
}

void square(const double* in, int count, double* out) {
  for (int i = 0; i < count; i += kLanes) at(out + i) = at(in + i) * at(in + i);
}

/// Square roots of magnitudes.
void takeMagnitudeRoots(double* values) {
  for (int part = 0; part < kLanes; part += kPartLanes) {
    Part value = partAt(values + part);
    value = value < 0.0 ? -value : value;
    takeRoots(value);
    partAt(values + part) = value;
  }
}

void normalise(const SceneRow& row, int count, double* out, double* sigma) {
  for (int i = 0; i < count; i += kLanes) {
    Doubles mean, squares;
    smoothLanes<kSceneRadius>(row.means + i, row.weights, mean);
    smoothLanes<kSceneRadius>(row.squares + i, row.weights, squares);
    at(sigma + i) = squares - mean * mean;
    takeMagnitudeRoots(sigma + i);
    at(out + i) = (at(row.centre + i) - mean) / (at(sigma + i) + 1.0);
  }
}

/// The sums of some lanes.
template <bool isProduct>
PERIFOCAL_INLINE void addPartMoments(const double* a, const double* b, int count, int part, LaneMoments& sums) {
  Part negativeSquares = partAt(sums.negativeSquares + part), positiveSquares = partAt(sums.positiveSquares + part);
  Part magnitudes = partAt(sums.magnitudes + part);
  Part negatives = partAt(sums.negatives + part), positives = partAt(sums.positives + part);
  const Part zero{}, one = zero + 1.0;
  for (int i = part; i < count; i += kLanes) {
    Part value = partAt(a + i);
    if constexpr (isProduct) value *= partAt(b + i);
    const Part negative = value < zero ? value : zero, positive = value > zero ? value : zero;
    negativeSquares += negative * negative;
    positiveSquares += positive * positive;
    magnitudes += positive - negative;
    negatives += value < zero ? one : zero;
    positives += value > zero ? one : zero;
  }
  partAt(sums.negativeSquares + part) = negativeSquares;
  partAt(sums.positiveSquares + part) = positiveSquares;
  partAt(sums.magnitudes + part) = magnitudes;
  partAt(sums.negatives + part) = negatives;
  partAt(sums.positives + part) = positives;
}

void addMoments(const double* a, const double* b, int count, LaneMoments& sums) {
  for (int part = 0; part < kLanes; part += kPartLanes) {
    if (b == nullptr) {
      addPartMoments<false>(a, b, count, part, sums);
    } else {
      addPartMoments<true>(a, b, count, part, sums);
    }
  }
}

/// A cubic of a = -1/2 (Keys 1981) stretched by 2, from its centre outwards: multiples of 1/256 that sum to 1/2.
constexpr double kBicubic[4] = {111.0 / 256, 29.0 / 256, -9.0 / 256, -3.0 / 256};

void halveColumns(const double* in, int count, double* scratch, double* out) {
  double *even = scratch, *odd = scratch + paddedCount(count) + kLanes;
  for (int i = 0; i < count + 3; ++i) {
    even[i] = in[2 * i];
    odd[i] = in[2 * i + 1];
  }
  for (int i = 0; i < count; i += kLanes) {
    at(out + i) = kBicubic[3] * (at(even + i) + at(odd + i + 3)) + kBicubic[2] * (at(odd + i) + at(even + i + 3)) +
                  kBicubic[1] * (at(even + i + 1) + at(odd + i + 2)) +
                  kBicubic[0] * (at(odd + i + 1) + at(even + i + 2));
  }
}

void halveRows(const double* const* rows, int count, double* out) {
  for (int i = 0; i < count; i += kLanes) {
    Doubles sum = kBicubic[3] * (at(rows[0] + i) + at(rows[7] + i));
    for (int k = 1; k < 4; ++k) sum += kBicubic[3 - k] * (at(rows[k] + i) + at(rows[7 - k] + i));
    at(out + i) = sum;
  }
}
