// Samples to rows of doubles. Include inside the unit's anonymous namespace, after doubles.h.

/// ITU-R BT.601, full range.
constexpr double kRed = 0.299, kGreen = 0.587, kBlue = 0.114;

template <int channels, class T>
void readLuminance(const T* in, int count, double* out) {
  for (int i = 0; i < count; ++i) {
    const T* pixel = in + static_cast<std::ptrdiff_t>(i) * channels;
    out[i] = kRed * pixel[0] + kGreen * pixel[1] + kBlue * pixel[2];
  }
}

template <class T>
void read(const T* in, int channels, int component, int count, double* out) {
  if (component == kLuminance && channels == 3) return readLuminance<3>(in, count, out);
  if (component == kLuminance && channels == 4) return readLuminance<4>(in, count, out);
  const T* first = in + std::max(component, 0);
  if (channels == 1) {
    for (int i = 0; i < count; ++i) out[i] = first[i];
  } else {
    for (int i = 0; i < count; ++i) out[i] = first[static_cast<std::ptrdiff_t>(i) * channels];
  }
}

void add(const double* in, int count, double* sum) {
  for (int i = 0; i < count; i += kLanes) at(sum + i) += at(in + i);
}

double squaredDifferences(const double* a, const double* b, int count) {
  Doubles sum{};
  for (int i = 0; i < count; i += kLanes) {
    Doubles difference = at(a + i) - at(b + i);
    if (i + kLanes > count) keepLanes(count - i, difference);
    sum += difference * difference;
  }
  return sumOf(sum);
}
