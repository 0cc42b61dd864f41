// What the sums of a firing must be: products of the packed weights with what each tap sees in total.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "integrity/column_totals.h"
#include "network/model.h"

namespace perifocal {

class SumPrediction {
 public:
  explicit SumPrediction(const Model& model) : model_(model) {}

  /// Bytes that `attach` needs.
  static std::size_t bytes(const Graph& graph, const KernelLayout& layout);
  void attach(std::byte* memory);

  /// Column totals of a job's taps, one after the other; to be filled before `apply`.
  std::int32_t* columns() { return columns_; }

  /// T of docs/integrity.md, one per output channel, by the weights that the job uses, or for Winograd by their codes.
  const std::int32_t* apply(const ConvJob& job, const LayerSpec& layer, const std::byte* codes, std::byte* scratch);

  /// The sum of T over the output channels, by the column sums that the loader made.
  std::int32_t expectedTotal(const ConvJob& job, const CheckedPart& check) const;

 private:
  static constexpr int kDigits = 4, kDigitBits = 7;

  void applyDirect(const ConvJob& job, std::byte* scratch);
  void applyWinograd(const LayerSpec& layer, const std::byte* codes);
  static std::size_t digitBytes(const Graph& graph, const KernelLayout& layout);
  static std::size_t digitRowBytes(const Graph& graph, const KernelLayout& layout);
  static int registerChannels(const Graph& graph, const KernelLayout& layout);

  const Model& model_;
  std::int32_t* columns_ = nullptr;
  std::int32_t* products_ = nullptr;  ///< of each digit
  std::int32_t* totals_ = nullptr;
  std::int32_t* zeros_ = nullptr;
  std::byte* digits_ = nullptr;
};

}  // namespace perifocal
