// Direct convolution on register tiles, for any instruction set that `isa/` wraps. Included once per instruction
// set inside that unit's own anonymous namespace, so that no code built with its flags leaks into another unit.
//
// A tile is `tilePixels` output pixels x `tileVectors` registers of output channels. The tile loop walks the taps,
// each a strided run of input pixels, so that 3x3, strided, transposed and concatenated 1x1 convolutions are all
// the same loop over different tap lists.

/// Where one tap reads for the current output row; `stride` is in elements per output pixel.
template <class Isa>
struct TapCursor {
  const typename Isa::Act* base;
  std::ptrdiff_t stride;
  int groups;
};

template <class Isa, int V, std::size_t... I>
PERIFOCAL_INLINE void multiplyGroup(typename Isa::Vec (&sums)[sizeof...(I) * V], const typename Isa::Act* pixel,
                                    std::ptrdiff_t stride, const typename Isa::Wgt* weights,
                                    std::index_sequence<I...>) {
  typename Isa::WgtVec w[V];
  for (int v = 0; v < V; ++v) w[v] = Isa::loadWeights(weights + v * Tile<Isa>::kVectorWeights);
  const auto onePixelGroup = [&](auto index) PERIFOCAL_INLINE_LAMBDA {
    constexpr int g = decltype(index)::value;
    const auto act = Isa::loadActivations(pixel + g * Tile<Isa>::L.groupPixels * stride, stride);
    sums[g * V] = Isa::dot(sums[g * V], act, w[0]);
    if constexpr (V > 1) sums[g * V + 1] = Isa::dot(sums[g * V + 1], act, w[1]);
    if constexpr (V > 2) sums[g * V + 2] = Isa::dot(sums[g * V + 2], act, w[2]);
    if constexpr (V > 3) sums[g * V + 3] = Isa::dot(sums[g * V + 3], act, w[3]);
  };
  (onePixelGroup(std::integral_constant<int, static_cast<int>(I)>{}), ...);
}

/// sums[pixel][channel] = bias + all taps, for one tile starting at output column `column`.
template <class Isa, int V, std::size_t... I>
PERIFOCAL_INLINE void accumulateTile(const TapCursor<Isa>* taps, int tapCount, std::ptrdiff_t column,
                                     const typename Isa::Wgt* weights, const std::int32_t* bias,
                                     std::int32_t* out, std::index_sequence<I...> groups) {
  constexpr int kCount = static_cast<int>(sizeof...(I)) * V;
  typename Isa::Vec sums[kCount] = {};
  const auto start = [&](auto index) PERIFOCAL_INLINE_LAMBDA {
    constexpr int i = decltype(index)::value;
    for (int v = 0; v < V; ++v) sums[i * V + v] = Isa::loadBias(bias + v * Tile<Isa>::L.vectorChannels);
  };
  (start(std::integral_constant<int, static_cast<int>(I)>{}), ...);
  for (int t = 0; t < tapCount; ++t) {
    const std::ptrdiff_t stride = taps[t].stride;
    const typename Isa::Act* pixel = taps[t].base + column * stride;
    for (int g = taps[t].groups; g > 0; --g) {
      multiplyGroup<Isa, V>(sums, pixel, stride, weights, groups);
      pixel += Tile<Isa>::L.depth;
      weights += V * Tile<Isa>::kVectorWeights;
    }
  }
  const auto finish = [&](auto index) PERIFOCAL_INLINE_LAMBDA {
    constexpr int i = decltype(index)::value;
    for (int v = 0; v < V; ++v) {
      Isa::storeSums(out + i * Tile<Isa>::L.groupPixels * Tile<Isa>::kRowChannels + v * Tile<Isa>::L.vectorChannels,
                     Tile<Isa>::kRowChannels, sums[i * V + v]);
    }
  };
  (finish(std::integral_constant<int, static_cast<int>(I)>{}), ...);
}

template <class Isa, int V>
PERIFOCAL_NOINLINE void computeTile(const TapCursor<Isa>* taps, int tapCount, std::ptrdiff_t column,
                                    const typename Isa::Wgt* weights, const std::int32_t* bias, std::int32_t* out) {
  accumulateTile<Isa, V>(taps, tapCount, column, weights, bias, out,
                         std::make_index_sequence<Tile<Isa>::kGroups>{});
}

/// Output channels [channel, channel + vectors * vectorChannels) and their packed weights.
template <class Isa>
struct ChannelBlock {
  int channel;
  int vectors;
  const typename Isa::Wgt* weights;
};

template <class Isa>
void computeBlockTile(const ChannelBlock<Isa>& block, const TapCursor<Isa>* taps, int tapCount,
                      std::ptrdiff_t column, const std::int32_t* bias, std::int32_t* out) {
  constexpr int kStep = Isa::Shape::kLayout.lanes / Isa::Shape::kLayout.vectorChannels;
  constexpr int kFull = Isa::Shape::kLayout.tileVectors;
  if (block.vectors == kFull) return computeTile<Isa, kFull>(taps, tapCount, column, block.weights, bias, out);
  if constexpr (kFull > kStep) {
    if (block.vectors == kStep) return computeTile<Isa, kStep>(taps, tapCount, column, block.weights, bias, out);
  }
  if constexpr (kFull > 2 * kStep) {
    if (block.vectors == 2 * kStep)
      return computeTile<Isa, 2 * kStep>(taps, tapCount, column, block.weights, bias, out);
    return computeTile<Isa, 3 * kStep>(taps, tapCount, column, block.weights, bias, out);
  }
}

/// The sources of a job as the kernel reads them: in place, or widened to 16 bits in scratch for a panel of columns.
template <class Isa>
class SourceView {
 public:
  using Act = typename Isa::Act;

  SourceView(const ConvJob& job, Act* scratch) : job_(job), scratch_(scratch) {}

  /// Makes output columns [begin, end) readable.
  void load(int begin, int end) {
    if constexpr (kWiden) {
      Act* out = scratch_;
      for (int t = 0; t < job_.tapCount; ++t) {
        const int s = job_.taps[t].source;
        if (loaded(t)) continue;
        panel_[s] = {out, begin * job_.sources[s].pixelStep + job_.sources[s].firstColumn, 0};
        out = widen(job_.sources[s], panel_[s], end);
      }
    }
  }

  TapCursor<Isa> cursor(const ConvTap& tap, int row) const {
    const ConvSource& source = job_.sources[tap.source];
    const int line = row * source.rowStep + tap.dy;
    const int groups = (source.channels + Isa::Shape::kLayout.depth - 1) / Isa::Shape::kLayout.depth;
    const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(source.pixelStep) * source.channels;
    if constexpr (kWiden) {
      const Panel& panel = panel_[tap.source];
      const std::ptrdiff_t shift = tap.dx - panel.firstPixel;
      return {panel.data + line * panel.rowLength + shift * source.channels, stride, groups};
    } else {
      const auto* pixels = reinterpret_cast<const Act*>(source.rows[line]);
      return {pixels + static_cast<std::ptrdiff_t>(tap.dx) * source.channels, stride, groups};
    }
  }

 private:
  static constexpr bool kWiden = sizeof(Act) == 2;
  struct Panel {
    Act* data;
    int firstPixel;
    std::ptrdiff_t rowLength;
  };

  /// Taps of one source are not adjacent when sources are concatenated; the first tap that names it loads it.
  bool loaded(int t) const {
    for (int i = 0; i < t; ++i) {
      if (job_.taps[i].source == job_.taps[t].source) return true;
    }
    return false;
  }

  static Act* widen(const ConvSource& source, Panel& panel, int end) {
    const int pixels = (end - 1) * source.pixelStep + source.lastColumn + 1 - panel.firstPixel;
    panel.rowLength = static_cast<std::ptrdiff_t>(pixels) * source.channels;
    Act* out = panel.data;
    for (int r = 0; r < source.rowCount; ++r) {
      const std::uint8_t* in = source.rows[r] + static_cast<std::ptrdiff_t>(panel.firstPixel) * source.channels;
      for (std::ptrdiff_t i = 0; i < panel.rowLength; ++i) out[i] = in[i];
      out += panel.rowLength;
    }
    return out;
  }

  const ConvJob& job_;
  Act* scratch_;
  Panel panel_[kMaxSources] = {};
};

/// One panel of columns: channel blocks outermost, so that a block's weights stay in cache over all rows.
template <class Isa>
void convolvePanel(const ConvJob& job, const SourceView<Isa>& view, int begin, int end, std::int32_t* sums) {
  constexpr KernelLayout kLayout = Isa::Shape::kLayout;
  TapCursor<Isa> taps[kMaxTaps];
  int depthSteps = 0;
  for (int t = 0; t < job.tapCount; ++t) depthSteps += view.cursor(job.taps[t], 0).groups;
  const auto* weights = static_cast<const typename Isa::Wgt*>(job.weights);
  const int vectorsInAll = roundUp(job.channels, kLayout.lanes) / kLayout.vectorChannels;
  for (int v = 0; v < vectorsInAll; v += kLayout.tileVectors) {
    const ChannelBlock<Isa> block{v * kLayout.vectorChannels, std::min(kLayout.tileVectors, vectorsInAll - v),
                                  weights};
    for (int row = 0; row < job.rowCount; ++row) {
      for (int t = 0; t < job.tapCount; ++t) taps[t] = view.cursor(job.taps[t], row);
      for (int x = begin; x < end; x += kLayout.tilePixels) {
        // The last tile moves back so that it never reads beyond the row; its pixels are merely computed again.
        const int column = std::max(begin, std::min(x, end - kLayout.tilePixels));
        const int count = std::min(kLayout.tilePixels, end - column);
        computeBlockTile<Isa>(block, taps, job.tapCount, column, job.bias + block.channel, sums);
        finishTile<Isa>(job, {row, column, count, block.channel, block.vectors * kLayout.vectorChannels}, sums);
      }
    }
    weights += static_cast<std::ptrdiff_t>(block.vectors) * depthSteps * Tile<Isa>::kVectorWeights;
  }
}

template <class Isa>
void convolve(const ConvJob& job, int columnBegin, int columnEnd, std::byte* scratch) {
  auto* sums = reinterpret_cast<std::int32_t*>(scratch);
  auto* panel = reinterpret_cast<typename Isa::Act*>(scratch + Tile<Isa>::kSums * sizeof(std::int32_t));
  SourceView<Isa> view(job, panel);
  const int width = panelColumns(Isa::Shape::kLayout, job, columnEnd - columnBegin);
  for (int x = columnBegin; x < columnEnd; x += width) {
    const int end = std::min(columnEnd, x + width);
    view.load(x, end);
    convolvePanel<Isa>(job, view, x, end, sums);
  }
}

/// Keeps every accumulator of a tile busy with independent multiply-accumulates, nothing else.
template <class Isa, std::size_t... I>
PERIFOCAL_INLINE std::int64_t spinTile(std::int64_t count, std::index_sequence<I...>) {
  alignas(64) typename Isa::Act ones[64] = {};
  alignas(64) typename Isa::Wgt weights[64] = {};
  alignas(64) std::int32_t out[16];
  for (int i = 0; i < 64; ++i) ones[i] = weights[i] = 1;
  typename Isa::Vec sums[sizeof...(I)] = {};
  auto act = Isa::loadActivations(ones, 0);
  const auto w = Isa::loadWeights(weights);
  const std::int64_t rounds = count / static_cast<std::int64_t>(sizeof...(I));
  for (std::int64_t r = 0; r < rounds; ++r) {
    ((Isa::keep(act), sums[I] = Isa::dot(sums[I], act, w)), ...);
  }
  (Isa::keep(sums[I]), ...);
  Isa::storeSums(out, 8, sums[0]);
  constexpr KernelLayout kLayout = Isa::Shape::kLayout;
  const std::int64_t macs = static_cast<std::int64_t>(kLayout.groupPixels) * kLayout.vectorChannels * kLayout.depth;
  return out[0] == 0 && count > 0 ? 0 : rounds * static_cast<std::int64_t>(sizeof...(I)) * macs;
}

template <class Isa>
std::int64_t spin(std::int64_t count) {
  return spinTile<Isa>(count, std::make_index_sequence<Tile<Isa>::kGroups * Isa::Shape::kLayout.tileVectors>{});
}

template <class Isa>
constexpr Kernels kernelsOf() {
  return {Isa::Shape::kName, Isa::Shape::kDescription, Isa::Shape::kLayout, convolve<Isa>, multiply<Isa>, spin<Isa>};
}
