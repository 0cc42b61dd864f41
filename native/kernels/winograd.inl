// Winograd F(4x4, 3x3) for any instruction set that `isa/` wraps; kernels/winograd.h has the mathematics. Included like
// convolve.inl, after it.

/// y = B x: four sums and differences instead of the matrix. The comments are the rows of B.
template <class Isa>
PERIFOCAL_INLINE void transformInputLine(const typename Isa::Short (&x)[kTileInputSide],
                                         typename Isa::Short (&y)[kTileInputSide]) {
  const auto a = Isa::subShort(x[4], x[2]);
  const auto b = Isa::twiceShort(Isa::subShort(x[3], x[1]));
  const auto c = Isa::subShort(Isa::fourTimesShort(x[2]), x[4]);
  const auto d = Isa::subShort(Isa::fourTimesShort(x[1]), x[3]);
  y[0] = Isa::addShort(Isa::fourTimesShort(Isa::subShort(x[0], x[2])), a);  //  4  0 -5  0  1  0
  y[1] = Isa::addShort(c, d);                                               //  0  4  4 -1 -1  0
  y[2] = Isa::subShort(c, d);                                               //  0 -4  4  1 -1  0
  y[3] = Isa::addShort(a, b);                                               //  0 -2 -1  2  1  0
  y[4] = Isa::subShort(a, b);                                               //  0  2 -1 -2  1  0
  y[5] = Isa::subShort(Isa::subShort(x[5], x[3]), Isa::twiceShort(b));      //  0  4  0 -5  0  1
}

/// y = A x.
template <class Isa>
PERIFOCAL_INLINE void transformOutputLine(const typename Isa::Vec (&x)[kTileInputSide],
                                          typename Isa::Vec (&y)[kTileSide]) {
  const auto s = Isa::add(x[1], x[2]), d = Isa::sub(x[1], x[2]);
  const auto p = Isa::add(x[3], x[4]), q = Isa::sub(x[3], x[4]);
  y[0] = Isa::add(Isa::add(x[0], p), Isa::template shiftLeft<2>(s));  // 1  4  4  1  1  0
  y[1] = Isa::add(Isa::add(d, d), q);                                 // 0  2 -2  1 -1  0
  y[2] = Isa::add(s, p);                                              // 0  1  1  1  1  0
  y[3] = Isa::add(Isa::add(d, x[5]), Isa::add(q, q));                 // 0  1 -1  2 -2  1
}

/// One thread's share of a job: output columns [begin, end), a run of tiles at a time.
template <class Isa, Watch kWatch>
class WinogradRun {
 public:
  using Short = typename Isa::Short;
  using Vec = typename Isa::Vec;
  static constexpr WinogradLayout kLayout = Isa::Shape::kLayout.winograd;
  static constexpr int kLanes = Isa::Shape::kLayout.lanes;
  static constexpr int kShorts = 2 * kLanes;
  static constexpr int kBlock = kLayout.blockChannels;
  static_assert(kBlock == Tile<Isa>::kRowChannels, "finishTile takes sums of a block of channels");

  WinogradRun(const ConvJob& job, std::byte* scratch, const ConvSums* watched)
      : job_(job),
        watched_(watched),
        inputs_(job.sources[0].channels),
        plan_(planWinogradScratch(kLayout, inputs_)),
        input_(reinterpret_cast<std::int16_t*>(scratch)),
        products_(reinterpret_cast<std::int32_t*>(scratch + plan_.products)),
        sums_(reinterpret_cast<std::int32_t*>(scratch + plan_.sums)) {
    // Rows beyond the job only reach outputs that are dropped.
    for (int r = 0; r < kTileInputSide; ++r) rows_[r] = job.sources[0].rows[std::min(r, job.rowCount + 1)];
  }

  void run(int begin, int end) {
    const int tiles = (end - begin + kTileSide - 1) / kTileSide;
    const int runs = (tiles + plan_.tiles - 1) / plan_.tiles;
    // Runs of equal length, whole register tiles where it comes out even.
    const int length = roundUp((tiles + runs - 1) / runs, kLayout.tiles);
    for (int tile = 0; tile < tiles; tile += length) {
      column_ = begin + tile * kTileSide;
      end_ = end;
      tiles_ = std::min(length, tiles - tile);
      transformInput();
      for (int b = 0; b < winogradBlocks(kLayout, job_.channels); ++b) runBlock(b);
    }
  }

 private:
  /// V = B d B^T for every tile, a register of channels at a time.
  void transformInput() {
    // The last register overlaps the one before; a lone one spills into the next tile, which is written later.
    for (int channel = 0; channel < inputs_; channel += kShorts) {
      transformChannels(std::max(0, std::min(channel, inputs_ - kShorts)));
    }
  }

  PERIFOCAL_NOINLINE void transformChannels(int channel) {
    Short columns[kTileInputSide][kTileInputSide];  // [column][row]
    std::ptrdiff_t at = static_cast<std::ptrdiff_t>(column_ - 1) * inputs_ + channel;
    for (int x = 0; x < 2; ++x, at += inputs_) transformColumn(at, columns[x]);
    std::int16_t* out = input_ + channel;
    for (int tile = 0; tile < tiles_; ++tile, out += inputs_) {
      for (int x = 2; x < kTileInputSide; ++x, at += inputs_) transformColumn(at, columns[x]);
      for (int i = 0; i < kTileInputSide; ++i) {
        const Short line[] = {columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]};
        Short result[kTileInputSide];
        transformInputLine<Isa>(line, result);
        for (int j = 0; j < kTileInputSide; ++j) {
          Isa::storeShort(out + (i * kTileInputSide + j) * plan_.inputStride, result[j]);
        }
      }
      // The next tile starts four pixels on and shares two columns.
      for (int i = 0; i < kTileInputSide; ++i) {
        columns[0][i] = columns[4][i];
        columns[1][i] = columns[5][i];
      }
    }
  }

  PERIFOCAL_INLINE void transformColumn(std::ptrdiff_t at, Short (&out)[kTileInputSide]) const {
    Short in[kTileInputSide];
    for (int r = 0; r < kTileInputSide; ++r) in[r] = Isa::loadCodes(rows_[r] + at);
    transformInputLine<Isa>(in, out);
  }

  void runBlock(int index) {
    const WinogradBlock block = winogradBlock(kLayout, job_.channels, index);
    if (block.channels == kBlock) {
      multiplyBlock<kBlock / kLanes>(index, block.first);
      transformOutput<kBlock / kLanes>(block.first);
    } else {
      multiplyBlock<kBlock / kLanes / 2>(index, block.first);
      transformOutput<kBlock / kLanes / 2>(block.first);
    }
  }

  /// M = U . V at all 36 positions; the bias enters at one of them.
  template <int V>
  void multiplyBlock(int index, int channel) {
    const std::ptrdiff_t stride = winogradWeightStride(kLayout, inputs_);
    const auto* weights = static_cast<const std::int16_t*>(job_.weights) + index * kTilePositions * stride;
    alignas(64) static constexpr std::int32_t kZeros[V * kLanes] = {};
    alignas(64) std::int32_t bias[V * kLanes];
    for (int c = 0; c < V * kLanes; ++c) {
      bias[c] = static_cast<std::int32_t>(static_cast<std::uint32_t>(job_.bias[channel + c]) * kBiasFactor);
    }
    for (int position = 0; position < kTilePositions; ++position) {
      multiplyTiles<V>(input_ + position * plan_.inputStride, weights + position * stride,
                       position == kBiasPosition ? bias : kZeros, products_ + position * plan_.productStride);
    }
  }

  /// All tiles of one position, in whole register tiles; what is left, in smaller ones.
  template <int V>
  void multiplyTiles(const std::int16_t* input, const std::int16_t* weights, const std::int32_t* start,
                     std::int32_t* out) const {
    constexpr int kFull = kLayout.tiles, kThird = kFull / 3;
    for (int tile = 0; tile < tiles_; tile += kFull) {
      const std::int16_t* in = input + static_cast<std::ptrdiff_t>(tile) * inputs_;
      std::int32_t* to = out + static_cast<std::ptrdiff_t>(tile) * kBlock;
      const int left = tiles_ - tile;
      if (left > 2 * kThird) {
        computeProducts<Isa, V, kFull>(in, inputs_, weights, start, to);
      } else if (left > kThird) {
        computeProducts<Isa, V, 2 * kThird>(in, inputs_, weights, start, to);
      } else {
        computeProducts<Isa, V, kThird>(in, inputs_, weights, start, to);
      }
    }
  }

  /// Y of every tile, finished a few tiles at a time.
  template <int V>
  void transformOutput(int channel) {
    for (int tile = 0; tile < tiles_; tile += kFinishTiles) {
      const int count = std::min(kFinishTiles, tiles_ - tile);
      for (int t = 0; t < count; ++t) {
        for (int v = 0; v < V; ++v) {
          transformTile(products_ + static_cast<std::ptrdiff_t>(tile + t) * kBlock + v * kLanes,
                        sums_ + t * kTileSide * kBlock + v * kLanes);
        }
      }
      const int column = column_ + tile * kTileSide;
      const int columns = std::min(count * kTileSide, end_ - column);
      for (int row = 0; row < job_.rowCount; ++row) {
        finishTile<Isa, kWatch>(job_, {row, column, columns, channel, V * kLanes}, {sums_ + row * kSumRow, watched_});
      }
    }
  }

  /// Z = A M A^T, then Y, of one register of channels; order of the sums [row][column][channel].
  PERIFOCAL_NOINLINE void transformTile(const std::int32_t* products, std::int32_t* sums) const {
    Vec columns[kTileSide][kTileInputSide];
    for (int j = 0; j < kTileInputSide; ++j) {
      Vec in[kTileInputSide], out[kTileSide];
      for (int i = 0; i < kTileInputSide; ++i) {
        in[i] = Isa::loadInt(products + (i * kTileInputSide + j) * plan_.productStride);
      }
      transformOutputLine<Isa>(in, out);
      for (int i = 0; i < kTileSide; ++i) columns[i][j] = out[i];
    }
    const Vec inverse = Isa::splatInt(static_cast<std::int32_t>(kInverseOf9));
    const auto finishRow = [&](auto row) PERIFOCAL_INLINE_LAMBDA {
      constexpr int i = decltype(row)::value;
      Vec out[kTileSide];
      transformOutputLine<Isa>(columns[i], out);
      const auto store = [&](auto column) PERIFOCAL_INLINE_LAMBDA {
        constexpr int j = decltype(column)::value;
        const Vec sum = Isa::template shiftRight<kTileShift[i] + kTileShift[j]>(Isa::mulInt(out[j], inverse));
        Isa::storeInt(sums + i * kSumRow + j * kBlock, sum);
      };
      forEachIndex(store, std::make_index_sequence<kTileSide>{});
    };
    forEachIndex(finishRow, std::make_index_sequence<kTileSide>{});
  }

  static constexpr std::ptrdiff_t kSumRow = kFinishTiles * kTileSide * kBlock;

  const ConvJob& job_;
  const ConvSums* watched_;
  const int inputs_;
  const WinogradScratch plan_;
  std::int16_t* input_;
  std::int32_t* products_;
  std::int32_t* sums_;
  const std::uint8_t* rows_[kTileInputSide];
  int column_ = 0, end_ = 0, tiles_ = 0;
};

template <class Isa>
void convolveWinograd(const ConvJob& job, int columnBegin, int columnEnd, std::byte* scratch, const ConvSums* sums) {
  if (sums == nullptr) return WinogradRun<Isa, Watch::kNothing>(job, scratch, sums).run(columnBegin, columnEnd);
  WinogradRun<Isa, Watch::kSumsAndRange>(job, scratch, sums).run(columnBegin, columnEnd);
}
