// What the sums of a layer must add up to, from the weights of the file, and what such sums cannot see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "network/model.h"

namespace perifocal {

/// Bytes of `CheckedPart::columnSums`, and of all tables of a model.
std::size_t columnSumBytes(const LayerSpec& layer, int part);
std::size_t checkTableBytes(const Graph& graph);

/// Fills `CheckedPart::columnSums`, which are 0. `weights` are codes in PyTorch order, as in all of these.
void sumColumns(const LayerSpec& layer, int part, std::span<const std::int8_t> weights, std::uint32_t* out);

/// The bias that a kernel adds, whose inputs are counted from -`storedOffset`, for inputs counted from 0.
Mixed countBias(const LayerSpec& layer, int part, std::span<const std::int8_t> weights, int storedOffset,
                const std::int32_t* packed);

/// Counts the cases of a part of a layer, and the blind ones: an input channel and a set of taps whose column sums add
/// up to so little that a changed bit of an input leaves both numbers as they are. A pixel goes into the sums of a
/// firing through some rows and some columns of the kernel.
void addCoverage(const LayerSpec& layer, int part, const std::uint32_t* columnSums, Coverage& coverage);

}  // namespace perifocal
