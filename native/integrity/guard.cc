#include "integrity/guard.h"

#include <algorithm>

#include "integrity/modular.h"
#include "kernels/winograd.h"
#include "runtime/arena.h"

namespace perifocal {
namespace {

/// A transposed convolution has two jobs an output row, one a column phase; every second row has the same weights.
int packOf(const Stage& stage, int job) { return stage.kind == StageKind::kTranspose ? job % FiringSums::kPacks : 0; }

int packsOf(const Stage& stage) { return stage.kind == StageKind::kTranspose ? FiringSums::kPacks : 1; }

/// The part of a layer whose weights a job has.
int partOf(const Model& model, const Stage& stage, const ConvJob& job) {
  if (stage.kind != StageKind::kTranspose) return stage.part;
  int part = 0;
  while (part + 1 < FiringSums::kPacks && model.part(stage.layer, part).weights != job.weights) ++part;
  return part;
}

}  // namespace

Guard::Guard(const Model& model, Integrity integrity, int passHeight, PassRecord& record)
    : model_(model), integrity_(integrity), record_(record), columns_(model, record.rows(), passHeight) {}

int Guard::registerChannels(int channels, const KernelLayout& layout) {
  return roundUp(channels, std::max({16, layout.lanes, layout.winograd.blockChannels}));
}

std::size_t Guard::bytes(const Graph& graph, const KernelLayout& layout) {
  const int channels = registerChannels(4 * graph.shape.baseWidth, layout);
  return arenaBytes((FiringSums::entries(channels) + ColumnTotals::entries(graph)) * sizeof(std::int32_t));
}

void Guard::attach(std::byte* memory) {
  const Graph& graph = model_.graph();
  const int channels = registerChannels(4 * graph.shape.baseWidth, model_.kernels().layout);
  auto* entries = reinterpret_cast<std::int32_t*>(memory);
  sums_.attach(entries);
  columns_.attach(entries + FiringSums::entries(channels));
}

void Guard::begin(const Stage& stage, int rows) {
  if (stage.layer < 0) return;
  const int channels = registerChannels(model_.graph().layers[stage.layer].out, model_.kernels().layout);
  sums_.begin(channels, rows, integrity_ == Integrity::kFull ? -1 : static_cast<int>(counters_.firings % rows));
}

ConvSums Guard::sumsOf(const Stage& stage, int job) const {
  const bool transposed = stage.kind == StageKind::kTranspose;
  return sums_.of(packOf(stage, job), transposed ? job / 2 : 0);
}

void Guard::replace(int row, const std::uint8_t* codes, int channels, std::ptrdiff_t pixels, std::int32_t zero) const {
  sums_.replace(row, codes, channels, pixels, zero, model_.kernels().layout.storedOffset);
}

void Guard::note(int tensor, int row, const std::uint8_t* codes, std::ptrdiff_t pixels) {
  columns_.count(codes, model_.graph().tensors[tensor].channels, pixels, record_.rows().of(tensor, row));
}

std::optional<Fault> Guard::check(const WatchedFiring& firing) {
  const LayerSpec& layer = model_.graph().layers[firing.stage.layer];
  for (int pack = 0; pack < packsOf(firing.stage); ++pack) {
    if (const auto fault = checkPack(firing, pack)) return fault;
  }
  if (layer.winograd && !isInRange(layer)) return Fault::kArithmetic;
  if (!holdsTrunk(firing)) return Fault::kRows;
  if (!isRepeated(layer)) return Fault::kEpilogue;
  noteRows(firing);
  return {};
}

/// E3 of the jobs that share a pack of weights.
std::optional<Fault> Guard::checkPack(const WatchedFiring& firing, int pack) {
  if (pack >= static_cast<int>(firing.jobs.size())) return {};
  const int index = firing.stage.layer, part = partOf(model_, firing.stage, firing.jobs[pack]);
  const CheckedPart& check = model_.check(index, part);
  if (digestOf(model_, index, part) != check.digest) return Fault::kTables;
  if (!columns_.gather(firing, pack, packsOf(firing.stage))) return Fault::kRows;
  Mixed expected = columns_.products(check);
  addMixed(expected, check.bias, pixelsOf(firing, pack));
  if (!addAddends(firing, expected)) return Fault::kRows;
  if (mixed(sums_.outputs(pack), firing.jobs[pack].channels) == expected) return {};
  if (columnSumsSumOf(model_, index, part) != check.columnSumsSum) return Fault::kTables;
  return weightSumOf(model_, index, part) != check.weightSum ? Fault::kWeights : Fault::kArithmetic;
}

/// Partial sums of coarser scales, which count once for every pixel that they were added to.
bool Guard::addAddends(const WatchedFiring& firing, Mixed& total) const {
  const Stage& stage = firing.stage;
  const ConvJob& job = firing.jobs[0];
  for (int a = 0; a < job.addendCount; ++a) {
    const StageInput& input = stage.inputs[stage.sourceCount + a];
    for (int i = 0; i < job.rowCount; ++i) {
      const ConvAddend& addend = job.addends[a];
      const StoredRow row{input.tensor, input.map.first(firing.rowBegin + i), job.outChannels,
                          firing.columns >> addend.shift};
      if (!columns_.addPartials(row, addend.rows[i], 1 << addend.shift, total)) return false;
    }
  }
  return true;
}

/// Output pixels of the jobs that share a pack.
int Guard::pixelsOf(const WatchedFiring& firing, int pack) {
  const int jobs = static_cast<int>(firing.jobs.size()), step = packsOf(firing.stage);
  return firing.jobs[pack].rowCount * ((jobs - pack + step - 1) / step) * firing.columns;
}

bool Guard::holdsTrunk(const WatchedFiring& firing) const {
  const Stage& stage = firing.stage;
  if (!stage.readsTrunk()) return true;
  const int channels = model_.graph().layers[stage.layer].out;
  for (int i = 0; i < firing.rowCount; ++i) {
    const Mixed written = record_.rows().mixedOf(stage.inputs.back().tensor, firing.rowBegin + i);
    if (written != mixed(sums_.trunkIn(i), channels)) return false;
  }
  return true;
}

/// Whether every single sum of Winograd was within the bound that the loader has proved.
bool Guard::isInRange(const LayerSpec& layer) const {
  constexpr std::uint32_t kOutside = ~(static_cast<std::uint32_t>(kWatchedLimit) - 1);
  const std::int32_t* range = sums_.range();
  return std::none_of(range, range + layer.out, [](std::int32_t bits) { return (bits & kOutside) != 0; });
}

/// Whether the epilogues that were evaluated twice gave the same both times.
bool Guard::isRepeated(const LayerSpec& layer) const {
  const std::int32_t* difference = sums_.difference();
  return std::all_of(difference, difference + layer.out, [](std::int32_t bits) { return bits == 0; });
}

void Guard::noteRows(const WatchedFiring& firing) {
  const Stage& stage = firing.stage;
  const int channels = model_.graph().layers[stage.layer].out, each = stage.kind == StageKind::kTranspose ? 2 : 1;
  const std::int32_t above = productOf(128 - model_.kernels().layout.storedOffset, each * firing.columns);
  for (int i = 0; i < firing.rowCount; ++i) {
    const int row = firing.rowBegin + i;
    const std::int32_t* stored = sums_.stored(i);
    if (stage.codes >= 0) {
      std::transform(stored, stored + channels, record_.rows().of(stage.codes, row),
                     [&](auto sum) { return sumOf(sum, above); });
    }
    if (stage.partial >= 0) record_.rows().setMixed(stage.partial, row, mixed(stored, channels));
    if (stage.trunk >= 0) record_.rows().setMixed(stage.trunk, row, mixed(sums_.trunkOut(i), channels));
  }
}

}  // namespace perifocal
