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

/// V registers of outputs of `applyCodes`: a block, whose codes follow each other.
template <class Isa, int V>
PERIFOCAL_NOINLINE void applyBlock(const std::int8_t* codes, int inputs, const std::int16_t* values,
                                   std::int32_t* out) {
  constexpr int kDepth = Isa::Shape::kLayout.winograd.depth, kLanes = Isa::Shape::kLayout.lanes;
  typename Isa::Vec low[V], high[V];
  for (int v = 0; v < V; ++v) low[v] = high[v] = Isa::splatInt(0);
  const std::ptrdiff_t apart = static_cast<std::ptrdiff_t>(appliedValues(inputs));
  for (int input = 0; input < inputs; input += kDepth) {
    const std::int16_t* at = values + input;
    for (int k = 0; k < 9; ++k, at += inputs) {
      const auto lower = Isa::loadFactors(at), upper = Isa::loadFactors(at + apart);
      for (int v = 0; v < V; ++v, codes += kLanes * kDepth) {
        const auto weights = Isa::loadCodeWeights(codes);
        low[v] = Isa::template multiplyAdd<0>(low[v], lower, weights);
        high[v] = Isa::template multiplyAdd<0>(high[v], upper, weights);
      }
    }
  }
  for (int v = 0; v < V; ++v) {
    Isa::storeInt(out + v * kLanes, Isa::add(low[v], Isa::template shiftLeft<kAppliedBits>(high[v])));
  }
}

template <class Isa>
void applyCodes(const WinogradWeights& weights, const std::int16_t* values, std::int32_t* out) {
  constexpr WinogradLayout kLayout = Isa::Shape::kLayout.winograd;
  constexpr int kVectors = kLayout.blockChannels / Isa::Shape::kLayout.lanes;
  for (int b = 0; b < winogradBlocks(kLayout, weights.outputs); ++b) {
    const WinogradBlock block = winogradBlock(kLayout, weights.outputs, b);
    const std::int8_t* codes = weights.codes + 9 * block.first * weights.inputs;
    const bool isWhole = block.channels == kLayout.blockChannels;
    const auto apply = isWhole ? applyBlock<Isa, kVectors> : applyBlock<Isa, kVectors / 2>;
    apply(codes, weights.inputs, values, out + block.first);
  }
}
