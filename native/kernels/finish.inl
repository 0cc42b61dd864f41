// What happens to a tile of int32 sums: requantisation and the other epilogues. Included like convolve.inl.
// All arithmetic follows docs/model-format.md: convert, multiply, clamp, round to nearest even; no fused operations.

/// Loads or stores one register, or only `count` lanes of it through a small buffer when not kWhole.
template <class Isa, bool kWhole>
struct Lanes {
  static constexpr int kLanes = Isa::Shape::kLayout.lanes;

  template <class T, class Load>
  PERIFOCAL_INLINE static auto load(const T* from, int count, Load&& whole) {
    if constexpr (kWhole) return whole(from);
    alignas(64) T buffer[kLanes] = {};
    std::memcpy(buffer, from, static_cast<std::size_t>(count) * sizeof(T));
    return whole(static_cast<const T*>(buffer));
  }

  template <class T, class Store>
  PERIFOCAL_INLINE static void store(T* to, int count, Store&& whole) {
    if constexpr (kWhole) return whole(to);
    alignas(64) T buffer[kLanes];
    whole(buffer);
    std::memcpy(to, buffer, static_cast<std::size_t>(count) * sizeof(T));
  }
};

/// What is noted of a tile beside its result: nothing; sums of what passes through the registers; or also whether each
/// sum of outputs is in range.
enum class Watch { kNothing, kSums, kSumsAndRange };

/// A tile of sums, [pixel][channel], and where to note what is watched of it.
struct TileSums {
  std::int32_t* sums;
  const ConvSums* watched;
};

/// Codes, trunks and sums as registers of 32 bits.
template <class Isa>
struct Samples {
  using Vec = typename Isa::Vec;
  PERIFOCAL_INLINE static Vec load(const std::uint8_t* p) { return Isa::loadBytes(p); }
  PERIFOCAL_INLINE static Vec load(const std::int16_t* p) { return Isa::loadInt16(p); }
  PERIFOCAL_INLINE static Vec load(const std::int32_t* p) { return Isa::loadInt(p); }
  PERIFOCAL_INLINE static void store(std::uint8_t* p, Vec v) { Isa::storeBytes(p, v); }
  PERIFOCAL_INLINE static void store(std::int16_t* p, Vec v) { Isa::storeInt16(p, v); }
  PERIFOCAL_INLINE static void store(std::int32_t* p, Vec v) { Isa::storeInt(p, v); }
};

/// What is noted of one register of channels, over the pixels of a tile.
template <class Isa, Watch kWatch, bool kRepeated>
struct Noted {
  using Vec = typename Isa::Vec;
  using Flt = typename Isa::Flt;
  static constexpr bool kSums = kWatch != Watch::kNothing;
  static constexpr bool kRange = kWatch == Watch::kSumsAndRange;

  Vec outputs, stored, trunkIn, trunkOut, difference;
  Flt largest;  ///< magnitude of the sums of outputs

  PERIFOCAL_INLINE static void note(Vec& total, Vec value) {
    if constexpr (kSums) total = Isa::add(total, value);
  }
  PERIFOCAL_INLINE void noteRange(Vec sum) {
    if constexpr (kRange) largest = Isa::maxMagnitude(largest, Isa::toFloat(sum));
  }
  PERIFOCAL_INLINE void compare(Vec again, Vec before) { difference = Isa::orXor(difference, again, before); }

  PERIFOCAL_INLINE Noted() {
    if constexpr (kSums) {
      outputs = stored = trunkIn = trunkOut = difference = Isa::splatInt(0);
      largest = Isa::splat(0.0f);
    }
  }

  /// Adds all to what was noted of other tiles. Of a register that is not whole, the lanes beyond the first `lanes`
  /// repeat nothing.
  template <Epilogue kEpilogue, bool kWhole>
  PERIFOCAL_INLINE void keep(const ConvSums& to, int row, int channel, int lanes) const {
    constexpr bool kReadsTrunk = kEpilogue == Epilogue::kAddTrunk;
    constexpr bool kWritesTrunk = kReadsTrunk || kEpilogue == Epilogue::kStartTrunk || kEpilogue == Epilogue::kResidual;
    if constexpr (kSums) {
      addTo(to.outputs + channel, outputs);
      if constexpr (kEpilogue != Epilogue::kResidual) addTo(to.stored[row] + channel, stored);
      if constexpr (kReadsTrunk) addTo(to.trunkIn[row] + channel, trunkIn);
      if constexpr (kWritesTrunk) addTo(to.trunkOut[row] + channel, trunkOut);
    }
    if constexpr (kRange) orTo(to.range + channel, Isa::roundToInt(Isa::min(largest, Isa::splat(0x1p30f))));
    if constexpr (kRepeated && kWhole) orTo(to.difference + channel, difference);
    if constexpr (kRepeated && !kWhole) {
      alignas(64) std::int32_t found[Isa::Shape::kLayout.lanes];
      Isa::storeInt(found, difference);
      for (int i = 0; i < lanes; ++i) to.difference[channel + i] |= found[i];
    }
  }

 private:
  PERIFOCAL_INLINE static void addTo(std::int32_t* at, Vec v) { Isa::storeInt(at, Isa::add(Isa::loadInt(at), v)); }
  PERIFOCAL_INLINE static void orTo(std::int32_t* at, Vec v) { Isa::storeInt(at, Isa::orInt(Isa::loadInt(at), v)); }
};

/// Where a tile of sums lies in the output: `count` pixels from `column`, `channels` channels from `channel`.
struct TilePlace {
  int row, column, count, channel, channels;
};

/// What an epilogue makes of a register of sums; `trunk` and `code` as far as it has them, a partial sum as `code`.
template <class Isa>
struct Finished {
  typename Isa::Vec trunk, code;
};

/// An epilogue of one register of output channels. Constants are held here, since the byte stores might alias the job
/// for all the compiler knows.
template <class Isa, Epilogue kEpilogue>
struct Requantisation {
  using Vec = typename Isa::Vec;
  using Flt = typename Isa::Flt;
  Flt multiplier, low, high, copyMultiplier;
  Vec storedZero;

  PERIFOCAL_INLINE Requantisation(const ConvJob& job, int channel)
      : multiplier(Isa::loadFloat(job.multiplier + channel)),
        low(Isa::splat(job.low)),
        high(Isa::splat(job.high)),
        copyMultiplier(Isa::splat(job.copyMultiplier)),
        storedZero(Isa::splatInt(job.storedZero)) {}

  PERIFOCAL_INLINE Finished<Isa> operator()(Vec sum, Vec trunkIn) const {
    if constexpr (kEpilogue == Epilogue::kPartial) return {sum, sum};
    const Flt scaled = Isa::mul(Isa::toFloat(sum), multiplier);
    if constexpr (kEpilogue == Epilogue::kQuantise) {
      return {sum, codeOf(scaled)};
    } else if constexpr (kEpilogue == Epilogue::kStartTrunk) {
      return withCode(clampRound(scaled, Isa::splat(0.0f), Isa::splat(32767.0f)));
    } else if constexpr (kEpilogue == Epilogue::kAddTrunk) {
      const Vec residual = clampRound(scaled, Isa::splat(-65536.0f), Isa::splat(65536.0f));
      return withCode(Isa::clampInt(Isa::add(trunkIn, residual), -32768, 32767));
    } else {
      const Vec residual = clampRound(scaled, Isa::splat(-8191.0f), Isa::splat(8191.0f));
      return {residual, residual};
    }
  }

  /// Other registers with the same numbers, for all the compiler knows.
  PERIFOCAL_INLINE void renew() {
    Isa::keep(multiplier);
    Isa::keep(low);
    Isa::keep(high);
    Isa::keep(copyMultiplier);
    Isa::keep(storedZero);
  }

 private:
  PERIFOCAL_INLINE static Vec clampRound(Flt value, Flt floor, Flt ceiling) {
    return Isa::roundToInt(Isa::min(Isa::max(value, floor), ceiling));
  }
  PERIFOCAL_INLINE Vec codeOf(Flt value) const { return Isa::add(clampRound(value, low, high), storedZero); }
  PERIFOCAL_INLINE Finished<Isa> withCode(Vec trunk) const {
    return {trunk, codeOf(Isa::mul(Isa::toFloat(trunk), copyMultiplier))};
  }
};

/// Finishes one register of output channels, `channel` onwards, of the pixels of a tile.
template <class Isa, Epilogue kEpilogue, Watch kWatch, bool kRepeated, bool kWhole>
PERIFOCAL_INLINE void finishChannels(const ConvJob& job, const TilePlace& place, int channel, TileSums tile) {
  using Vec = typename Isa::Vec;
  using L = Lanes<Isa, kWhole>;
  constexpr bool kReadsTrunk = kEpilogue == Epilogue::kAddTrunk;
  const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(job.outStep) * job.outChannels;
  std::ptrdiff_t at = place.column * step + static_cast<std::ptrdiff_t>(job.outOffset) * job.outChannels + channel;
  const int lanes = job.channels - channel, pixels = place.count;
  std::uint8_t* const codes = job.codesOut == nullptr ? nullptr : job.codesOut[place.row];
  std::int16_t* const trunk = job.trunkOut == nullptr ? nullptr : job.trunkOut[place.row];
  const std::int16_t* const trunkIn = job.trunkIn == nullptr ? nullptr : job.trunkIn[place.row];
  std::int32_t* const partial = job.partialOut == nullptr ? nullptr : job.partialOut[place.row];
  const Requantisation<Isa, kEpilogue> finish(job, channel);
  Requantisation<Isa, kEpilogue> finishAgain = finish;
  if constexpr (kRepeated) finishAgain.renew();

  Noted<Isa, kWatch, kRepeated> noted;
  const auto load = [&](const auto* from) PERIFOCAL_INLINE_LAMBDA {
    return L::load(from, lanes, [](const auto* p) PERIFOCAL_INLINE_LAMBDA { return Samples<Isa>::load(p); });
  };
  const auto store = [&](auto* to, Vec value, Vec& total) PERIFOCAL_INLINE_LAMBDA {
    L::store(to, lanes, [&](auto* p) PERIFOCAL_INLINE_LAMBDA { Samples<Isa>::store(p, value); });
    noted.note(total, value);
  };
  /// Whatever the epilogue has made goes to `use`, with the place for it.
  const auto eachOf = [&](const Finished<Isa>& made, auto&& use) PERIFOCAL_INLINE_LAMBDA {
    if constexpr (kEpilogue == Epilogue::kPartial) {
      use(partial + at, made.code, noted.stored);
    } else if constexpr (kEpilogue == Epilogue::kQuantise) {
      use(codes + at, made.code, noted.stored);
    } else if constexpr (kEpilogue == Epilogue::kResidual) {
      use(trunk + at, made.trunk, noted.trunkOut);
    } else {
      if (trunk != nullptr) use(trunk + at, made.trunk, noted.trunkOut);
      use(codes + at, made.code, noted.stored);
    }
  };
  const std::int32_t* sums = tile.sums;
  for (int p = 0; p < pixels; ++p, at += step, sums += Tile<Isa>::kRowChannels) {
    Vec sum = Isa::loadInt(sums), before = sum;
    noted.note(noted.outputs, sum);
    noted.noteRange(sum);
    if constexpr (kReadsTrunk) {
      before = load(trunkIn + at);
      noted.note(noted.trunkIn, before);
    }
    eachOf(finish(sum, before), store);
    if constexpr (kRepeated) {
      Isa::keep(sum);
      Isa::keep(before);
      const auto compare = [&](const auto* from, Vec again, Vec&)
                               PERIFOCAL_INLINE_LAMBDA { noted.compare(again, load(from)); };
      eachOf(finishAgain(sum, before), compare);
    }
  }
  if constexpr (kWatch != Watch::kNothing) {
    noted.template keep<kEpilogue, kWhole>(*tile.watched, place.row, channel, lanes);
  }
}

template <class Isa, Epilogue kEpilogue, Watch kWatch, bool kRepeated>
PERIFOCAL_NOINLINE void finishTileAs(const ConvJob& job, const TilePlace& place, TileSums tile) {
  constexpr int kLanes = Isa::Shape::kLayout.lanes;
  const int end = std::min(place.channel + place.channels, job.channels);
  for (int channel = place.channel; channel < end; channel += kLanes, tile.sums += kLanes) {
    if (job.channels - channel >= kLanes) {
      finishChannels<Isa, kEpilogue, kWatch, kRepeated, true>(job, place, channel, tile);
    } else {
      finishChannels<Isa, kEpilogue, kWatch, kRepeated, false>(job, place, channel, tile);
    }
  }
}

/// Adds partial sums of coarser scales, each replicated over 2 or 4 columns.
template <class Isa>
PERIFOCAL_NOINLINE void addPartials(const ConvJob& job, const TilePlace& place, std::int32_t* sums) {
  const int channels = std::min(place.channels, job.channels - place.channel);
  for (int i = 0; i < job.addendCount; ++i) {
    const ConvAddend& addend = job.addends[i];
    for (int p = 0; p < place.count; ++p) {
      const std::ptrdiff_t pixel = (place.column + p) >> addend.shift;
      const std::int32_t* from = addend.rows[place.row] + pixel * job.outChannels + place.channel;
      std::int32_t* to = sums + p * Tile<Isa>::kRowChannels;
      // Modulo 2^32: a flipped bit may make a sum that no sum of the network can be.
      for (int c = 0; c < channels; ++c) {
        to[c] = static_cast<std::int32_t>(static_cast<std::uint32_t>(to[c]) + static_cast<std::uint32_t>(from[c]));
      }
    }
  }
}

template <class Isa, Watch kWatch, bool kRepeated>
void finishSums(const ConvJob& job, const TilePlace& place, TileSums tile) {
  switch (job.epilogue) {
    case Epilogue::kQuantise: return finishTileAs<Isa, Epilogue::kQuantise, kWatch, kRepeated>(job, place, tile);
    case Epilogue::kStartTrunk: return finishTileAs<Isa, Epilogue::kStartTrunk, kWatch, kRepeated>(job, place, tile);
    case Epilogue::kAddTrunk: return finishTileAs<Isa, Epilogue::kAddTrunk, kWatch, kRepeated>(job, place, tile);
    case Epilogue::kPartial: return finishTileAs<Isa, Epilogue::kPartial, kWatch, kRepeated>(job, place, tile);
    case Epilogue::kResidual: return finishTileAs<Isa, Epilogue::kResidual, kWatch, kRepeated>(job, place, tile);
  }
}

template <class Isa, Watch kWatch>
void finishTile(const ConvJob& job, const TilePlace& place, TileSums tile) {
  if (job.addendCount > 0) addPartials<Isa>(job, place, tile.sums);
  if constexpr (kWatch != Watch::kNothing) {
    if (tile.watched->repeated[place.row]) return finishSums<Isa, kWatch, true>(job, place, tile);
  }
  finishSums<Isa, kWatch, false>(job, place, tile);
}

/// `kWhole`: `i` starts a whole register of samples, else the last `count`.
template <class Isa, bool kWhole>
PERIFOCAL_INLINE void multiplySamples(const MultiplyJob& job, int row, std::ptrdiff_t i, int count) {
  using L = Lanes<Isa, kWhole>;
  const auto load = [](const std::uint8_t* p) { return Isa::loadBytes(p); };
  const auto a = Isa::add(L::load(job.a[row] + i, count, load), Isa::splatInt(-job.storedZeroA));
  const auto b = Isa::add(L::load(job.b[row] + i, count, load), Isa::splatInt(-job.storedZeroB));
  const auto product = Isa::mul(Isa::toFloat(Isa::mulInt(a, b)), Isa::splat(job.multiplier));
  const auto rounded = Isa::roundToInt(Isa::min(Isa::max(product, Isa::splat(job.low)), Isa::splat(job.high)));
  const auto stored = Isa::add(rounded, Isa::splatInt(job.storedZeroOut));
  L::store(job.out[row] + i, count, [&](std::uint8_t* p) { Isa::storeBytes(p, stored); });
}

template <class Isa>
void multiply(const MultiplyJob& job, int columnBegin, int columnEnd) {
  constexpr int kLanes = Isa::Shape::kLayout.lanes;
  const std::ptrdiff_t begin = static_cast<std::ptrdiff_t>(columnBegin) * job.channels;
  const std::ptrdiff_t end = static_cast<std::ptrdiff_t>(columnEnd) * job.channels;
  for (int row = 0; row < job.rowCount; ++row) {
    std::ptrdiff_t i = begin;
    for (; i + kLanes <= end; i += kLanes) multiplySamples<Isa, true>(job, row, i, kLanes);
    if (i < end) multiplySamples<Isa, false>(job, row, i, static_cast<int>(end - i));
  }
}
