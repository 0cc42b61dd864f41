// The matrix products of Winograd, 16-bit factors and sums modulo 2^32, and the transform of its weights. Included like
// convolve.inl.

template <class F, std::size_t... I>
PERIFOCAL_INLINE void forEachIndex(F&& f, std::index_sequence<I...>) {
  (f(std::integral_constant<int, static_cast<int>(I)>{}), ...);
}

/// Where four tiles and more begin. A pointer for every four of them: general registers for the address of each tile
/// would not suffice.
template <int G>
struct TilePointers {
  static constexpr int kShare = 4;
  const std::int16_t* at[(G + kShare - 1) / kShare];

  PERIFOCAL_INLINE TilePointers(const std::int16_t* input, std::ptrdiff_t stride) {
    for (int i = 0; i < G; i += kShare) at[i / kShare] = input + i * stride;
  }
  PERIFOCAL_INLINE const std::int16_t* tile(int g, std::ptrdiff_t stride) const {
    return at[g / kShare] + g % kShare * stride;
  }
  PERIFOCAL_INLINE void advance(int channels) {
    for (const std::int16_t*& pointer : at) {
      pointer += channels;
      asm("" : "+r"(pointer));
    }
  }
};

/// One step: `kFactorInputs` input channels of G tiles times V registers of output channels.
template <class Isa, int V, int G>
PERIFOCAL_INLINE void multiplyStep(typename Isa::Vec (&sums)[G * V], const TilePointers<G>& tiles,
                                   std::ptrdiff_t stride, const std::int16_t* weights) {
  constexpr int kDepth = Isa::Shape::kLayout.winograd.depth;
  constexpr int kRegister = Isa::Shape::kLayout.lanes * kDepth;
  typename Isa::Factors factors[G];
  // Where several channels come in one load, they are held; else loaded when their turn comes.
  constexpr bool kHeld = Isa::kFactorInputs > kDepth;
  const auto load = [&](auto tile) PERIFOCAL_INLINE_LAMBDA {
    constexpr int g = decltype(tile)::value;
    factors[g] = Isa::loadFactors(tiles.tile(g, stride));
  };
  if constexpr (kHeld) forEachIndex(load, std::make_index_sequence<G>{});
  const auto one = [&](auto part) PERIFOCAL_INLINE_LAMBDA {
    constexpr int d = decltype(part)::value;
    typename Isa::Weights w[V];
    for (int v = 0; v < V; ++v) w[v] = Isa::loadShortWeights(weights + (d * V + v) * kRegister);
    const auto multiply = [&](auto tile) PERIFOCAL_INLINE_LAMBDA {
      constexpr int g = decltype(tile)::value;
      if constexpr (!kHeld) load(tile);
      sums[g * V] = Isa::template multiplyAdd<d>(sums[g * V], factors[g], w[0]);
      if constexpr (V > 1) sums[g * V + 1] = Isa::template multiplyAdd<d>(sums[g * V + 1], factors[g], w[1]);
      if constexpr (V > 2) sums[g * V + 2] = Isa::template multiplyAdd<d>(sums[g * V + 2], factors[g], w[2]);
      if constexpr (V > 3) sums[g * V + 3] = Isa::template multiplyAdd<d>(sums[g * V + 3], factors[g], w[3]);
    };
    forEachIndex(multiply, std::make_index_sequence<G>{});
  };
  forEachIndex(one, std::make_index_sequence<Isa::kFactorInputs / kDepth>{});
}

/// out[tile][channel] = start[channel] + sum over inputs, for G tiles and V registers of channels.
template <class Isa, int V, int G>
PERIFOCAL_NOINLINE void computeProducts(const std::int16_t* input, int inputs, const std::int16_t* weights,
                                        const std::int32_t* start, std::int32_t* out) {
  constexpr int kLanes = Isa::Shape::kLayout.lanes, kBlock = Isa::Shape::kLayout.winograd.blockChannels;
  typename Isa::Vec sums[G * V];
  const auto begin = [&](auto index) PERIFOCAL_INLINE_LAMBDA {
    constexpr int i = decltype(index)::value;
    sums[i] = Isa::loadInt(start + i % V * kLanes);
  };
  forEachIndex(begin, std::make_index_sequence<G * V>{});
  const std::ptrdiff_t stride = inputs;
  TilePointers<G> tiles(input, stride);
  for (int left = inputs; left > 0; left -= Isa::kFactorInputs) {
    multiplyStep<Isa, V, G>(sums, tiles, stride, weights);
    tiles.advance(Isa::kFactorInputs);
    weights += V * kLanes * Isa::kFactorInputs;
  }
  const auto finish = [&](auto index) PERIFOCAL_INLINE_LAMBDA {
    constexpr int i = decltype(index)::value;
    Isa::storeInt(out + i / V * kBlock + i % V * kLanes, sums[i]);
  };
  forEachIndex(finish, std::make_index_sequence<G * V>{});
}

/// y = G x, G as in kernels/winograd.h.
template <class Isa>
PERIFOCAL_INLINE void transformKernelLine(const typename Isa::Short (&x)[3], typename Isa::Short (&y)[kTileInputSide]) {
  const auto sixTimes = [](typename Isa::Short v) PERIFOCAL_INLINE_LAMBDA {
    const auto twice = Isa::twiceShort(v);
    return Isa::addShort(twice, Isa::twiceShort(twice));
  };
  const auto ends = Isa::addShort(x[0], x[2]), weighted = Isa::addShort(x[0], Isa::fourTimesShort(x[2]));
  const auto twice = Isa::twiceShort(x[1]);
  y[0] = sixTimes(x[0]);
  y[1] = Isa::addShort(ends, x[1]);
  y[2] = Isa::subShort(ends, x[1]);
  y[3] = Isa::addShort(weighted, twice);
  y[4] = Isa::subShort(weighted, twice);
  y[5] = sixTimes(x[2]);
}

/// U = G g G^T of one register of weights; `codes` holds its 9 kernel positions, `rowBytes` apart.
template <class Isa, bool kTransposed>
PERIFOCAL_NOINLINE void transformKernels(const std::int8_t* codes, std::ptrdiff_t rowBytes, std::int16_t* out,
                                         std::ptrdiff_t stride) {
  typename Isa::Short columns[3][kTileInputSide];
  for (int kx = 0; kx < 3; ++kx) {
    typename Isa::Short in[3];
    for (int ky = 0; ky < 3; ++ky) in[ky] = Isa::loadShortCodes(codes + (ky * 3 + kx) * rowBytes);
    transformKernelLine<Isa>(in, columns[kx]);
  }
  for (int i = 0; i < kTileInputSide; ++i) {
    const typename Isa::Short in[3] = {columns[0][i], columns[1][i], columns[2][i]};
    typename Isa::Short line[kTileInputSide];
    transformKernelLine<Isa>(in, line);
    for (int j = 0; j < kTileInputSide; ++j) {
      // The transform of a transposed kernel is the transposed transform.
      const int position = kTransposed ? j * kTileInputSide + i : i * kTileInputSide + j;
      Isa::storeShort(out + position * stride, line[j]);
    }
  }
}

template <class Isa>
void transformWeights(const WinogradWeights& weights, int begin, int end) {
  constexpr WinogradLayout kLayout = Isa::Shape::kLayout.winograd;
  constexpr int kShorts = 2 * Isa::Shape::kLayout.lanes;
  const int stepsPerBlock = weights.inputs / kLayout.depth;
  const std::ptrdiff_t stride = winogradWeightStride(kLayout, weights.inputs);
  for (int step = begin; step < end; ++step) {
    const int index = step / stepsPerBlock, within = step % stepsPerBlock;
    const WinogradBlock block = winogradBlock(kLayout, weights.outputs, index);
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(block.channels) * kLayout.depth;
    const std::int8_t* codes = weights.codes + 9 * (block.first * weights.inputs + within * row);
    std::int16_t* out = weights.transformed + index * kTilePositions * stride + within * row;
    for (std::ptrdiff_t i = 0; i < row; i += kShorts) {
      if (weights.transposed) {
        transformKernels<Isa, true>(codes + i, row, out + i, stride);
      } else {
        transformKernels<Isa, false>(codes + i, row, out + i, stride);
      }
    }
  }
}
