// One convolution with random or extreme operands, for any instruction set and both algorithms, with canaries around
// every output (after dav1d's checkasm).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/limits.h"
#include "network/layers.h"

namespace perifocal::checks {

/// kWraparound: all weights 127, and codes that follow the signs of Winograd's matrices, so that its sums are largest.
enum class Data { kRandom, kAllMin, kAllMax, kAlternating, kExtremes, kWraparound };

enum class Algorithm { kDirect, kWinograd };

struct ConvCase {
  int kernel, stride;  ///< 3x3, 1x1 or a stride-2 3x3
  std::vector<int> sources;
  int out;
  int width;  ///< output columns
  Epilogue epilogue;
  Data data;
  int rows = kMaxBlockRows;  ///< output rows
  bool transposed = false;   ///< kernel rows and columns change places
};

std::string nameOf(const ConvCase& c);

/// Rows with pads and slack, filled with canaries so that stray writes show.
template <class T>
class Rows {
 public:
  static constexpr int kGuard = 1024;

  Rows(int count, int samples, T canary) : samples_(samples), canary_(canary) {
    for (int i = 0; i < count; ++i) storage_.emplace_back(samples + 2 * kGuard, canary);
    for (auto& row : storage_) pointers_.push_back(row.data() + kGuard);
    readable_.assign(pointers_.begin(), pointers_.end());
  }

  int samples() const { return samples_; }
  T* const* rows() { return pointers_.data(); }
  const T* const* readable() const { return readable_.data(); }
  bool guardsIntact() const {
    for (const auto& row : storage_) {
      for (int i = 0; i < kGuard; ++i) {
        if (row[i] != canary_ || row[row.size() - 1 - i] != canary_) return false;
      }
    }
    return true;
  }
  bool operator==(const Rows& other) const {
    for (std::size_t i = 0; i < storage_.size(); ++i) {
      if (!std::equal(pointers_[i], pointers_[i] + samples_, other.pointers_[i])) return false;
    }
    return true;
  }

 private:
  int samples_;
  T canary_;
  std::vector<std::vector<T>> storage_;
  std::vector<T*> pointers_;
  std::vector<const T*> readable_;
};

/// One convolution: inputs as logical codes, runnable by any instruction set.
class ConvProblem {
 public:
  ConvProblem(const ConvCase& c, std::uint64_t seed);

  struct Output {
    Rows<std::uint8_t> codes;
    Rows<std::int16_t> trunk;
    Rows<std::int32_t> partial;
    bool intact() const { return codes.guardsIntact() && trunk.guardsIntact() && partial.guardsIntact(); }
    bool operator==(const Output& o) const { return codes == o.codes && trunk == o.trunk && partial == o.partial; }
  };

  /// In `splits` ranges of columns. Codes of the output are logical ones, those of `sums` are stored ones.
  Output run(const Kernels& kernels, Algorithm algorithm, int splits, const ConvSums* sums = nullptr) const;

  /// Codes (0 to 255) of input channel `channel` at input row and column, border included: column -1 is the left pad.
  int storedCode(int row, int column, int channel) const;
  int weight(int out, int in, int ky, int kx) const;

 private:
  static constexpr int kRows = kMaxBlockRows;

  int inputWidth() const { return case_.width * case_.stride; }
  int inputRows() const { return (kRows - 1) * case_.stride + case_.kernel; }
  int outChannels() const;
  int outSamples() const { return case_.width * outChannels(); }
  std::vector<Rows<std::uint8_t>> storedInputs(int offset, std::vector<ConvSource>& sources) const;
  std::vector<ConvTap> taps() const;
  std::vector<std::int32_t> compensatedBias(const KernelLayout& layout) const;
  std::vector<std::byte> packedWeights(const Kernels& kernels, Algorithm algorithm) const;
  void runColumns(const Kernels& kernels, Algorithm algorithm, const ConvJob& job, int splits,
                  const ConvSums* sums) const;

  ConvCase case_;
  LayerSpec layer_;
  std::vector<std::int8_t> weights_;
  std::vector<std::vector<int>> codes_;
  std::vector<std::int32_t> bias_, addend_;
  std::vector<float> multiplier_;
  std::vector<std::int16_t> trunk_;
};

}  // namespace perifocal::checks
