// What happens to a tile of int32 sums: requantisation and the other epilogues. Included like convolve.inl.
// All arithmetic follows docs/model-format.md: convert, multiply, clamp, round to nearest even; no fused operations.

/// Loads or stores up to `count` lanes; a partial register goes through a small buffer.
template <class Isa>
struct Lanes {
  static constexpr int kLanes = Isa::Shape::kLayout.lanes;

  template <class T, class Load>
  PERIFOCAL_INLINE static auto load(const T* from, int count, Load&& whole) {
    if (count >= kLanes) return whole(from);
    alignas(64) T buffer[kLanes] = {};
    std::memcpy(buffer, from, static_cast<std::size_t>(count) * sizeof(T));
    return whole(static_cast<const T*>(buffer));
  }

  template <class T, class Store>
  PERIFOCAL_INLINE static void store(T* to, int count, Store&& whole) {
    if (count >= kLanes) return whole(to);
    alignas(64) T buffer[kLanes];
    whole(buffer);
    std::memcpy(to, buffer, static_cast<std::size_t>(count) * sizeof(T));
  }
};

/// One register of output channels of one output row. Holds every constant by value, since the byte stores that it
/// makes might alias the job for all the compiler knows.
template <class Isa, Epilogue kEpilogue>
class ChannelFinisher {
 public:
  using Vec = typename Isa::Vec;
  using Flt = typename Isa::Flt;

  ChannelFinisher(const ConvJob& job, int row, int channel)
      : multiplier_(Isa::loadFloat(job.multiplier + channel)),
        low_(Isa::splat(job.low)),
        high_(Isa::splat(job.high)),
        copyMultiplier_(Isa::splat(job.copyMultiplier)),
        storedZero_(Isa::splatInt(job.storedZero)),
        count_(job.channels - channel),
        addendCount_(job.addendCount),
        outStep_(static_cast<std::ptrdiff_t>(job.outStep) * job.outChannels),
        outOffset_(static_cast<std::ptrdiff_t>(job.outOffset) * job.outChannels + channel) {
    for (int i = 0; i < addendCount_; ++i) {
      addends_[i] = {job.addends[i].rows[row] + channel, job.outChannels, job.addends[i].shift};
    }
    if (job.codesOut != nullptr) codes_ = job.codesOut[row];
    if (job.trunkOut != nullptr) trunk_ = job.trunkOut[row];
    if (job.trunkIn != nullptr) trunkIn_ = job.trunkIn[row];
    if (job.partialOut != nullptr) partial_ = job.partialOut[row];
  }

  PERIFOCAL_INLINE void finish(Vec sums, int column) const {
    const std::ptrdiff_t at = column * outStep_ + outOffset_;
    for (int i = 0; i < addendCount_; ++i) sums = Isa::add(sums, addends_[i].load(column, count_));
    if constexpr (kEpilogue == Epilogue::kQuantise) {
      storeCodes(at, Isa::roundToInt(clamp(scaled(sums), low_, high_)));
    } else if constexpr (kEpilogue == Epilogue::kStartTrunk) {
      storeTrunk(at, rounded(sums, 0.0f, 32767.0f));
    } else if constexpr (kEpilogue == Epilogue::kAddTrunk) {
      const Vec before = Lanes<Isa>::load(trunkIn_ + at, count_, [](const std::int16_t* p) { return Isa::loadInt16(p); });
      storeTrunk(at, Isa::clampInt(Isa::add(before, rounded(sums, -65536.0f, 65536.0f)), -32768, 32767));
    } else if constexpr (kEpilogue == Epilogue::kPartial) {
      Lanes<Isa>::store(partial_ + at, count_, [&](std::int32_t* p) { Isa::storeInt(p, sums); });
    } else {
      const Vec residual = rounded(sums, -8191.0f, 8191.0f);
      Lanes<Isa>::store(trunk_ + at, count_, [&](std::int16_t* p) { Isa::storeInt16(p, residual); });
    }
  }

 private:
  struct Addend {
    const std::int32_t* row;
    std::ptrdiff_t stride;
    int shift;

    PERIFOCAL_INLINE Vec load(int column, int count) const {
      return Lanes<Isa>::load(row + (column >> shift) * stride, count,
                              [](const std::int32_t* p) { return Isa::loadInt(p); });
    }
  };

  PERIFOCAL_INLINE static Flt clamp(Flt value, Flt low, Flt high) { return Isa::min(Isa::max(value, low), high); }

  PERIFOCAL_INLINE Flt scaled(Vec sums) const { return Isa::mul(Isa::toFloat(sums), multiplier_); }

  PERIFOCAL_INLINE Vec rounded(Vec sums, float low, float high) const {
    return Isa::roundToInt(clamp(scaled(sums), Isa::splat(low), Isa::splat(high)));
  }

  PERIFOCAL_INLINE void storeTrunk(std::ptrdiff_t at, Vec trunk) const {
    if (trunk_ != nullptr) {
      Lanes<Isa>::store(trunk_ + at, count_, [&](std::int16_t* p) { Isa::storeInt16(p, trunk); });
    }
    storeCodes(at, Isa::roundToInt(clamp(Isa::mul(Isa::toFloat(trunk), copyMultiplier_), low_, high_)));
  }

  PERIFOCAL_INLINE void storeCodes(std::ptrdiff_t at, Vec rounded) const {
    const Vec stored = Isa::add(rounded, storedZero_);
    Lanes<Isa>::store(codes_ + at, count_, [&](std::uint8_t* p) { Isa::storeBytes(p, stored); });
  }

  Flt multiplier_, low_, high_, copyMultiplier_;
  Vec storedZero_;
  int count_;
  int addendCount_;
  std::ptrdiff_t outStep_, outOffset_;
  Addend addends_[kMaxSources] = {};
  std::uint8_t* codes_ = nullptr;
  std::int16_t* trunk_ = nullptr;
  const std::int16_t* trunkIn_ = nullptr;
  std::int32_t* partial_ = nullptr;
};

/// Where a tile of sums lies in the output: `count` pixels from `column`, `channels` channels from `channel`.
struct TilePlace {
  int row, column, count, channel, channels;
};

template <class Isa, Epilogue kEpilogue>
PERIFOCAL_NOINLINE void finishTileAs(const ConvJob& job, const TilePlace& place, const std::int32_t* sums) {
  const int channels = std::min(place.channels, job.channels - place.channel);
  for (int c = 0; c < channels; c += Isa::Shape::kLayout.lanes) {
    const ChannelFinisher<Isa, kEpilogue> finisher(job, place.row, place.channel + c);
    for (int p = 0; p < place.count; ++p) {
      finisher.finish(Isa::loadInt(sums + p * Tile<Isa>::kRowChannels + c), place.column + p);
    }
  }
}

template <class Isa>
void finishTile(const ConvJob& job, const TilePlace& place, const std::int32_t* sums) {
  switch (job.epilogue) {
    case Epilogue::kQuantise: return finishTileAs<Isa, Epilogue::kQuantise>(job, place, sums);
    case Epilogue::kStartTrunk: return finishTileAs<Isa, Epilogue::kStartTrunk>(job, place, sums);
    case Epilogue::kAddTrunk: return finishTileAs<Isa, Epilogue::kAddTrunk>(job, place, sums);
    case Epilogue::kPartial: return finishTileAs<Isa, Epilogue::kPartial>(job, place, sums);
    case Epilogue::kResidual: return finishTileAs<Isa, Epilogue::kResidual>(job, place, sums);
  }
}

template <class Isa>
void multiply(const MultiplyJob& job, int columnBegin, int columnEnd) {
  constexpr int kLanes = Isa::Shape::kLayout.lanes;
  const std::ptrdiff_t begin = static_cast<std::ptrdiff_t>(columnBegin) * job.channels;
  const std::ptrdiff_t end = static_cast<std::ptrdiff_t>(columnEnd) * job.channels;
  const auto load = [](const std::uint8_t* p) { return Isa::loadBytes(p); };
  for (int row = 0; row < job.rowCount; ++row) {
    for (std::ptrdiff_t i = begin; i < end; i += kLanes) {
      const int count = static_cast<int>(std::min<std::ptrdiff_t>(kLanes, end - i));
      const auto a = Isa::add(Lanes<Isa>::load(job.a[row] + i, count, load), Isa::splatInt(-job.storedZeroA));
      const auto b = Isa::add(Lanes<Isa>::load(job.b[row] + i, count, load), Isa::splatInt(-job.storedZeroB));
      const auto product = Isa::mul(Isa::toFloat(Isa::mulInt(a, b)), Isa::splat(job.multiplier));
      const auto rounded =
          Isa::roundToInt(Isa::min(Isa::max(product, Isa::splat(job.low)), Isa::splat(job.high)));
      const auto stored = Isa::add(rounded, Isa::splatInt(job.storedZeroOut));
      Lanes<Isa>::store(job.out[row] + i, count, [&](std::uint8_t* p) { Isa::storeBytes(p, stored); });
    }
  }
}
