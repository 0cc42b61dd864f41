// Sums of rows and products of weights with such sums: what docs/integrity.md compares. Included like convolve.inl.

/// Adds one register of channels, or only `lanes` of it, of all pixels to `total`.
template <class Isa, class T>
PERIFOCAL_INLINE void addChannels(const PixelRun<T>& run, int channel, int lanes, std::int32_t* total) {
  constexpr int kLanes = Isa::Shape::kLayout.lanes;
  // From the last pixels, a whole register would read beyond the row.
  const std::ptrdiff_t whole = run.pixels - (kLanes - lanes + run.step - 1) / run.step;
  const auto load = [](const T* p) PERIFOCAL_INLINE_LAMBDA { return Samples<Isa>::load(p); };
  const T* from = run.values + channel;
  auto sum = Isa::splatInt(0);
  std::ptrdiff_t p = 0;
  for (; p < whole; ++p, from += run.step) sum = Isa::add(sum, load(from));
  for (; p < run.pixels; ++p, from += run.step) sum = Isa::add(sum, Lanes<Isa, false>::load(from, lanes, load));
  const auto loadInt = [](const std::int32_t* at) PERIFOCAL_INLINE_LAMBDA { return Isa::loadInt(at); };
  sum = Isa::add(sum, Lanes<Isa, false>::load(total + channel, lanes, loadInt));
  Lanes<Isa, false>::store(total + channel, lanes, [&](std::int32_t* at) { Isa::storeInt(at, sum); });
}

template <class Isa, class T>
void addPixels(const PixelRun<T>& run, std::int32_t* total) {
  constexpr int kLanes = Isa::Shape::kLayout.lanes;
  for (int c = 0; c < run.channels; c += kLanes) {
    addChannels<Isa>(run, c, std::min(kLanes, run.channels - c), total);
  }
}
