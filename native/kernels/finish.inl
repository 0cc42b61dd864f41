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

/// Where a tile of sums lies in the output: `count` pixels from `column`, `channels` channels from `channel`.
struct TilePlace {
  int row, column, count, channel, channels;
};

/// Finishes one register of output channels, `channel` onwards, of the pixels of a tile. Constants are locals, since
/// the byte stores might alias the job for all the compiler knows.
template <class Isa, Epilogue kEpilogue, bool kWhole>
PERIFOCAL_INLINE void finishChannels(const ConvJob& job, const TilePlace& place, int channel,
                                     const std::int32_t* sums) {
  using Vec = typename Isa::Vec;
  using Flt = typename Isa::Flt;
  using L = Lanes<Isa, kWhole>;
  const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(job.outStep) * job.outChannels;
  std::ptrdiff_t at = place.column * step + static_cast<std::ptrdiff_t>(job.outOffset) * job.outChannels + channel;
  const int lanes = job.channels - channel, pixels = place.count;
  std::uint8_t* const codes = job.codesOut == nullptr ? nullptr : job.codesOut[place.row];
  std::int16_t* const trunk = job.trunkOut == nullptr ? nullptr : job.trunkOut[place.row];
  const std::int16_t* const trunkIn = job.trunkIn == nullptr ? nullptr : job.trunkIn[place.row];
  std::int32_t* const partial = job.partialOut == nullptr ? nullptr : job.partialOut[place.row];
  const Flt multiplier = Isa::loadFloat(job.multiplier + channel);
  const Flt low = Isa::splat(job.low), high = Isa::splat(job.high), copyMultiplier = Isa::splat(job.copyMultiplier);
  const Vec storedZero = Isa::splatInt(job.storedZero);

  const auto clampRound = [](Flt value, Flt floor, Flt ceiling) PERIFOCAL_INLINE_LAMBDA {
    return Isa::roundToInt(Isa::min(Isa::max(value, floor), ceiling));
  };
  const auto storeCodes = [=](std::ptrdiff_t to, Flt value) PERIFOCAL_INLINE_LAMBDA {
    const Vec stored = Isa::add(clampRound(value, low, high), storedZero);
    L::store(codes + to, lanes, [&](std::uint8_t* p) { Isa::storeBytes(p, stored); });
  };
  const auto storeTrunk = [=](std::ptrdiff_t to, Vec value) PERIFOCAL_INLINE_LAMBDA {
    if (trunk != nullptr) L::store(trunk + to, lanes, [&](std::int16_t* p) { Isa::storeInt16(p, value); });
    storeCodes(to, Isa::mul(Isa::toFloat(value), copyMultiplier));
  };
  for (int p = 0; p < pixels; ++p, at += step, sums += Tile<Isa>::kRowChannels) {
    const Vec sum = Isa::loadInt(sums);
    if constexpr (kEpilogue == Epilogue::kPartial) {
      L::store(partial + at, lanes, [&](std::int32_t* to) { Isa::storeInt(to, sum); });
      continue;
    }
    const Flt scaled = Isa::mul(Isa::toFloat(sum), multiplier);
    if constexpr (kEpilogue == Epilogue::kQuantise) {
      storeCodes(at, scaled);
    } else if constexpr (kEpilogue == Epilogue::kStartTrunk) {
      storeTrunk(at, clampRound(scaled, Isa::splat(0.0f), Isa::splat(32767.0f)));
    } else if constexpr (kEpilogue == Epilogue::kAddTrunk) {
      const Vec before = L::load(trunkIn + at, lanes, [](const std::int16_t* from) { return Isa::loadInt16(from); });
      const Vec residual = clampRound(scaled, Isa::splat(-65536.0f), Isa::splat(65536.0f));
      storeTrunk(at, Isa::clampInt(Isa::add(before, residual), -32768, 32767));
    } else if constexpr (kEpilogue == Epilogue::kResidual) {
      const Vec residual = clampRound(scaled, Isa::splat(-8191.0f), Isa::splat(8191.0f));
      L::store(trunk + at, lanes, [&](std::int16_t* to) { Isa::storeInt16(to, residual); });
    }
  }
}

template <class Isa, Epilogue kEpilogue>
PERIFOCAL_NOINLINE void finishTileAs(const ConvJob& job, const TilePlace& place, const std::int32_t* sums) {
  constexpr int kLanes = Isa::Shape::kLayout.lanes;
  const int end = std::min(place.channel + place.channels, job.channels);
  for (int channel = place.channel; channel < end; channel += kLanes, sums += kLanes) {
    if (job.channels - channel >= kLanes) {
      finishChannels<Isa, kEpilogue, true>(job, place, channel, sums);
    } else {
      finishChannels<Isa, kEpilogue, false>(job, place, channel, sums);
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
      for (int c = 0; c < channels; ++c) to[c] += from[c];
    }
  }
}

template <class Isa>
void finishTile(const ConvJob& job, const TilePlace& place, std::int32_t* sums) {
  if (job.addendCount > 0) addPartials<Isa>(job, place, sums);
  switch (job.epilogue) {
    case Epilogue::kQuantise: return finishTileAs<Isa, Epilogue::kQuantise>(job, place, sums);
    case Epilogue::kStartTrunk: return finishTileAs<Isa, Epilogue::kStartTrunk>(job, place, sums);
    case Epilogue::kAddTrunk: return finishTileAs<Isa, Epilogue::kAddTrunk>(job, place, sums);
    case Epilogue::kPartial: return finishTileAs<Isa, Epilogue::kPartial>(job, place, sums);
    case Epilogue::kResidual: return finishTileAs<Isa, Epilogue::kResidual>(job, place, sums);
  }
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
