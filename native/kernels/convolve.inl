// Direct convolution on register tiles, for any instruction set that `isa/` wraps. Included once per instruction
// set inside that unit's own anonymous namespace, so that no code built with its flags leaks into another unit.
//
// A tile is `tilePixels` output pixels x `tileVectors` registers of output channels. The tile loop walks a list of
// input groups, so that 3x3, strided, transposed and concatenated 1x1 convolutions are all the same loop.

/// Consecutive input groups that share a pixel stride, for one output row: `steps[i]` is where group i of output
/// column 0 lies. One flat list instead of loops over taps and channels keeps the inner loop free of restarts.
template <class Isa>
struct StepRun {
  const typename Isa::Act* const* steps;
  std::ptrdiff_t stride;  ///< elements per output pixel
  int count;
};

/// clang hoists the loads and the addresses of all pixels of a large 16-bit tile, and spills what they displace; there
/// the pixels keep their order instead (scripts/check-disassembly.mjs).
template <class Isa>
constexpr bool kPinned =
#if defined(__clang__)
    sizeof(typename Isa::Act) == 2 && Tile<Isa>::kGroups > 8;
#else
    false;
#endif

template <class Isa, int V, std::size_t... I>
PERIFOCAL_INLINE void multiplyGroup(typename Isa::Vec (&sums)[sizeof...(I) * V], const typename Isa::Act* pixel,
                                    std::ptrdiff_t stride, const typename Isa::Wgt* weights,
                                    std::index_sequence<I...>) {
  typename Isa::WgtVec w[V];
  for (int v = 0; v < V; ++v) w[v] = Isa::loadWeights(weights + v * Tile<Isa>::kVectorWeights);
  const auto onePixelGroup = [&](auto index) PERIFOCAL_INLINE_LAMBDA {
    constexpr int g = decltype(index)::value;
    constexpr int kPixels = kPinned<Isa> ? 0 : g * Tile<Isa>::L.groupPixels;
    auto act = Isa::loadActivations(pixel + kPixels * stride, stride);
    if constexpr (kPinned<Isa>) {
      Isa::keep(act);
      pixel += Tile<Isa>::L.groupPixels * stride;
      asm("" : "+r"(pixel));
    }
    sums[g * V] = Isa::dot(sums[g * V], act, w[0]);
    if constexpr (V > 1) sums[g * V + 1] = Isa::dot(sums[g * V + 1], act, w[1]);
    if constexpr (V > 2) sums[g * V + 2] = Isa::dot(sums[g * V + 2], act, w[2]);
    if constexpr (V > 3) sums[g * V + 3] = Isa::dot(sums[g * V + 3], act, w[3]);
  };
  (onePixelGroup(std::integral_constant<int, static_cast<int>(I)>{}), ...);
}

/// sums[pixel][channel] = bias + all taps, for one tile starting at output column `column`.
template <class Isa, int V, std::size_t... I>
PERIFOCAL_INLINE void accumulateTile(const StepRun<Isa>* runs, int runCount, std::ptrdiff_t column,
                                     const typename Isa::Wgt* weights, const std::int32_t* bias, std::int32_t* out,
                                     std::index_sequence<I...> groups) {
  constexpr int kCount = static_cast<int>(sizeof...(I)) * V;
  typename Isa::Vec sums[kCount] = {};
  const auto start = [&](auto index) PERIFOCAL_INLINE_LAMBDA {
    constexpr int i = decltype(index)::value;
    for (int v = 0; v < V; ++v) sums[i * V + v] = Isa::loadBias(bias + v * Tile<Isa>::L.vectorChannels);
  };
  (start(std::integral_constant<int, static_cast<int>(I)>{}), ...);
  for (const StepRun<Isa>* run = runs; run != runs + runCount; ++run) {
    const std::ptrdiff_t offset = column * run->stride;
    for (int i = 0; i < run->count; ++i) {
      multiplyGroup<Isa, V>(sums, run->steps[i] + offset, run->stride, weights, groups);
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
PERIFOCAL_NOINLINE void computeTile(const StepRun<Isa>* runs, int runCount, std::ptrdiff_t column,
                                    const typename Isa::Wgt* weights, const std::int32_t* bias, std::int32_t* out) {
  accumulateTile<Isa, V>(runs, runCount, column, weights, bias, out, std::make_index_sequence<Tile<Isa>::kGroups>{});
}

/// Output channels [channel, channel + vectors * vectorChannels) and their packed weights.
template <class Isa>
struct ChannelBlock {
  int channel;
  int vectors;
  const typename Isa::Wgt* weights;
};

template <class Isa>
void computeBlockTile(const ChannelBlock<Isa>& block, const StepRun<Isa>* runs, int runCount, std::ptrdiff_t column,
                      const std::int32_t* bias, std::int32_t* out) {
  constexpr int kStep = Isa::Shape::kLayout.lanes / Isa::Shape::kLayout.vectorChannels;
  constexpr int kFull = Isa::Shape::kLayout.tileVectors;
  if (block.vectors == kFull) return computeTile<Isa, kFull>(runs, runCount, column, block.weights, bias, out);
  if constexpr (kFull > kStep) {
    if (block.vectors == kStep) return computeTile<Isa, kStep>(runs, runCount, column, block.weights, bias, out);
  }
  if constexpr (kFull > 2 * kStep) {
    if (block.vectors == 2 * kStep)
      return computeTile<Isa, 2 * kStep>(runs, runCount, column, block.weights, bias, out);
    return computeTile<Isa, 3 * kStep>(runs, runCount, column, block.weights, bias, out);
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

  /// Whether each panel of columns lies elsewhere in memory.
  static constexpr bool moves() { return kWiden; }

  /// Channel 0 of output column 0 as `tap` of output row `row` reads it.
  const Act* pixel(const ConvTap& tap, int row) const {
    const ConvSource& source = job_.sources[tap.source];
    const int line = row * source.rowStep + tap.dy;
    if constexpr (kWiden) {
      const Panel& panel = panel_[tap.source];
      const std::ptrdiff_t shift = tap.dx - panel.firstPixel;
      return panel.data + line * panel.rowLength + shift * source.channels;
    } else {
      return reinterpret_cast<const Act*>(source.rows[line]) + static_cast<std::ptrdiff_t>(tap.dx) * source.channels;
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
    for (int r = 0; r < source.rowCount; ++r) {
      if (source.rows[r] == nullptr) continue;  // skipped by a strided window
      const std::uint8_t* in = source.rows[r] + static_cast<std::ptrdiff_t>(panel.firstPixel) * source.channels;
      Act* line = panel.data + r * panel.rowLength;
      for (std::ptrdiff_t i = 0; i < panel.rowLength; ++i) line[i] = in[i];
    }
    return panel.data + source.rowCount * panel.rowLength;
  }

  const ConvJob& job_;
  Act* scratch_;
  Panel panel_[kMaxSources] = {};
};

/// The input groups of every row of a panel as flat lists.
template <class Isa>
class StepTable {
 public:
  StepTable(const ConvJob& job, const typename Isa::Act** steps) : job_(job), steps_(steps) {
    for (int t = 0; t < job.tapCount; ++t) addTap(job.sources[job.taps[t].source]);
  }

  void fill(const SourceView<Isa>& view) {
    const typename Isa::Act** out = steps_;
    for (int row = 0; row < job_.rowCount; ++row) {
      for (int t = 0; t < job_.tapCount; ++t) {
        const typename Isa::Act* pixel = view.pixel(job_.taps[t], row);
        const int groups = groupsOf(job_.sources[job_.taps[t].source]);
        for (int g = 0; g < groups; ++g) *out++ = pixel + g * Isa::Shape::kLayout.depth;
      }
    }
  }

  /// The runs of one row, in packing order of the weights.
  const StepRun<Isa>* runs(int row) {
    const typename Isa::Act** steps = steps_ + static_cast<std::ptrdiff_t>(row) * stepsPerRow_;
    for (int r = 0; r < runCount_; steps += runs_[r++].count) runs_[r].steps = steps;
    return runs_;
  }
  int runCount() const { return runCount_; }
  int stepsPerRow() const { return stepsPerRow_; }

 private:
  static int groupsOf(const ConvSource& source) {
    return (source.channels + Isa::Shape::kLayout.depth - 1) / Isa::Shape::kLayout.depth;
  }

  void addTap(const ConvSource& source) {
    const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(source.pixelStep) * source.channels;
    if (runCount_ == 0 || runs_[runCount_ - 1].stride != stride) runs_[runCount_++] = {nullptr, stride, 0};
    runs_[runCount_ - 1].count += groupsOf(source);
    stepsPerRow_ += groupsOf(source);
  }

  const ConvJob& job_;
  const typename Isa::Act** steps_;
  StepRun<Isa> runs_[kMaxTaps];
  int runCount_ = 0;
  int stepsPerRow_ = 0;
};

/// One panel of columns: channel blocks outermost, so that a block's weights stay in cache over all rows.
template <class Isa, Watch kWatch>
void convolvePanel(const ConvJob& job, StepTable<Isa>& table, int begin, int end, const TileSums& tile) {
  constexpr KernelLayout kLayout = Isa::Shape::kLayout;
  const auto* weights = static_cast<const typename Isa::Wgt*>(job.weights);
  const int vectorsInAll = roundUp(job.channels, kLayout.lanes) / kLayout.vectorChannels;
  for (int v = 0; v < vectorsInAll; v += kLayout.tileVectors) {
    const ChannelBlock<Isa> block{v * kLayout.vectorChannels, std::min(kLayout.tileVectors, vectorsInAll - v), weights};
    for (int row = 0; row < job.rowCount; ++row) {
      const StepRun<Isa>* runs = table.runs(row);
      for (int x = begin; x < end; x += kLayout.tilePixels) {
        // The last tile moves back so that it never reads beyond the row; pixels that are finished stay as they are.
        const int column = std::max(begin, std::min(x, end - kLayout.tilePixels));
        const int count = std::min(kLayout.tilePixels, end - x);
        computeBlockTile<Isa>(block, runs, table.runCount(), column, job.bias + block.channel, tile.sums);
        finishTile<Isa, kWatch>(job, {row, x, count, block.channel, block.vectors * kLayout.vectorChannels},
                                {tile.sums + (x - column) * Tile<Isa>::kRowChannels, tile.watched});
      }
    }
    weights += static_cast<std::ptrdiff_t>(block.vectors) * table.stepsPerRow() * Tile<Isa>::kVectorWeights;
  }
}

template <class Isa, Watch kWatch>
void convolveAs(const ConvJob& job, int columnBegin, int columnEnd, std::byte* scratch, const ConvSums* watched) {
  const ScratchPlan plan = planScratch(Isa::Shape::kLayout, job);
  const TileSums tile{reinterpret_cast<std::int32_t*>(scratch), watched};
  StepTable<Isa> table(job, reinterpret_cast<const typename Isa::Act**>(scratch + plan.steps));
  SourceView<Isa> view(job, reinterpret_cast<typename Isa::Act*>(scratch + plan.panel));
  const int width = std::min(plan.panelColumns, columnEnd - columnBegin);
  for (int x = columnBegin; x < columnEnd; x += width) {
    const int end = std::min(columnEnd, x + width);
    view.load(x, end);
    if (x == columnBegin || view.moves()) table.fill(view);
    convolvePanel<Isa, kWatch>(job, table, x, end, tile);
  }
}

template <class Isa>
void convolve(const ConvJob& job, int columnBegin, int columnEnd, std::byte* scratch, const ConvSums* sums) {
  const auto run = sums == nullptr ? convolveAs<Isa, Watch::kNothing> : convolveAs<Isa, Watch::kSums>;
  run(job, columnBegin, columnEnd, scratch, sums);
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
