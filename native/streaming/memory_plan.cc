#include "streaming/memory_plan.h"

#include <algorithm>
#include <deque>
#include <map>

#include "integrity/guard.h"
#include "kernels/limits.h"
#include "kernels/scratch.h"
#include "kernels/winograd.h"
#include "network/pack.h"
#include "runtime/arena.h"
#include "streaming/schedule.h"

namespace perifocal {
namespace {

/// A tile may read this many pixels past a row that is narrower than itself (stride 2 reads twice as far).
std::size_t overreadBytes(const Tensor& tensor, int width, const KernelLayout& layout) {
  const int missing = std::max(0, 2 * layout.tilePixels - (width >> tensor.scale));
  return static_cast<std::size_t>(missing) * tensor.channels * elementBytes(tensor.kind) + kArenaAlignment;
}

/// A Winograd tile reads up to kTileOverhang pixels past a row, the first of them a pad. Alike at every scale, so that
/// rows of equal payload are interchangeable.
std::size_t overhangBytes(const Graph& graph, const Tensor& tensor) {
  if (tensor.kind != TensorKind::kCodes) return 0;
  return static_cast<std::size_t>(kTileOverhang - 1) * 4 * graph.shape.baseWidth + kArenaAlignment;
}

RowLayout layoutOf(const Graph& graph, const Tensor& tensor, int width, const KernelLayout& layout) {
  // Pads fit a pixel of any scale, so that rows of equal payload are interchangeable.
  const std::size_t pad = arenaBytes(static_cast<std::size_t>(4) * graph.shape.baseWidth) * elementBytes(tensor.kind);
  const std::size_t payload =
      static_cast<std::size_t>(width >> tensor.scale) * tensor.channels * elementBytes(tensor.kind);
  const std::size_t overread = std::max(overreadBytes(tensor, width, layout), overhangBytes(graph, tensor));
  return {pad, arenaBytes(pad + payload + pad + overread), 0, 0};
}

/// Counts live rows while the schedule runs.
class Census {
 public:
  explicit Census(MemoryPlan& plan) : plan_(plan), live_(plan.classes.size(), 0) {}

  void born(int tensor, int rows) { change(tensor, rows); }

  void bury(const Progress& progress, int tensor, std::vector<int>& firstLive) {
    const int first = progress.firstLive(tensor);
    change(tensor, firstLive[tensor] - first);
    firstLive[tensor] = first;
  }

  void measureRing(const Progress& progress, int tensor, const std::vector<int>& firstLive, int newRows) {
    RowLayout& row = plan_.rows[tensor];
    row.ringRows = std::max(row.ringRows, progress.available(tensor) + newRows - firstLive[tensor]);
  }

 private:
  void change(int tensor, int rows) {
    const int c = plan_.rows[tensor].slotClass;
    live_[c] += rows;
    plan_.classes[c].slots = std::max(plan_.classes[c].slots, live_[c]);
  }

  MemoryPlan& plan_;
  std::vector<int> live_;
};

/// Counts the firings that a list of work holds at once: those of the latest blocks of image rows whose residual is not
/// far behind that of the newest one.
class ListCensus {
 public:
  explicit ListCensus(const PassShape& pass)
      : blocks_((lagRows(pass) + kTurnRows) / kMaxBlockRows + 2),
        rows_(lagRows(pass) + kTurnRows + 2 * kEmissionSlack + pass.stripRows) {}

  void add(int block, int emitted) {
    listed_.push_back({block, emitted});
    while (listed_.front().block + blocks_ < block || listed_.front().emitted + rows_ < emitted) listed_.pop_front();
    most_ = std::max(most_, static_cast<int>(listed_.size()));
  }

  int most() const { return most_; }

 private:
  struct Listed {
    int block, emitted;
  };

  const int blocks_, rows_;
  std::deque<Listed> listed_;
  int most_ = 0;
};

void simulate(const Graph& graph, const PassShape& pass, MemoryPlan& plan) {
  const int height = pass.height;
  Schedule schedule(graph, height);
  Census census(plan);
  ListCensus list(pass);
  std::vector<int> firstLive(graph.tensors.size(), 0);
  for (int row = 0; row < height; row += kMaxBlockRows) {
    census.measureRing(schedule.progress(), 0, firstLive, kMaxBlockRows);
    census.born(0, kMaxBlockRows);
    schedule.addInput(kMaxBlockRows);
    while (const auto firing = schedule.next()) {
      const Stage& stage = graph.stages[firing->stage];
      for (int tensor : {stage.codes, stage.trunk, stage.partial}) {
        if (tensor < 0) continue;
        census.measureRing(schedule.progress(), tensor, firstLive, firing->rowEnd - firing->rowBegin);
        census.born(tensor, firing->rowEnd - firing->rowBegin);
      }
      schedule.complete(*firing);
      list.add(row / kMaxBlockRows, schedule.progress().emitted());
      for (const StageInput& input : stage.inputs) census.bury(schedule.progress(), input.tensor, firstLive);
    }
    plan.delayRows = std::max(plan.delayRows, schedule.progress().available(0) - schedule.progress().emitted());
    plan.orders.push_back(schedule.order());
  }
  plan.listed = list.most();
}

/// Rows beside those that one thread needs, one by one: threads that wait for no other one are as far ahead as these
/// allow.
void addSlack(const Graph& graph, const PassShape& pass, MemoryPlan& plan) {
  constexpr int kSlotRows = 16, kRingRows = 3 * kMaxBlockRows;
  // Rows of the image come by the turn, whatever is left to be done with them.
  const int imageRows = lagRows(pass) + std::min(pass.stripRows, kTurnRows) - 1;
  plan.rows[0].ringRows += imageRows;
  plan.classes[plan.rows[0].slotClass].slots += imageRows;
  plan.delayRows += lagRows(pass);
  if (pass.threads == 1) return;
  for (const Stage& stage : graph.stages) {
    for (int tensor : {stage.codes, stage.trunk, stage.partial}) {
      if (tensor < 0) continue;
      plan.rows[tensor].ringRows += kRingRows;
      plan.classes[plan.rows[tensor].slotClass].slack = kSlotRows * pass.threads;
    }
  }
  for (SlotClass& slotClass : plan.classes) slotClass.slots += slotClass.slack;
}

void sumUp(const PassShape& pass, MemoryPlan& plan) {
  for (std::size_t c = 0; c < plan.classes.size(); ++c) {
    std::string name = "rows of " + std::to_string(plan.classes[c].bytes) + " bytes";
    plan.buffers.push_back({std::move(name), plan.classes[c].bytes, plan.classes[c].slots});
  }
  plan.buffers.push_back({"border row", plan.borderBytes, pass.threads});
  plan.buffers.push_back({"thread scratch", plan.scratchBytes, pass.threads});
  if (plan.transformedBytes > 0) {
    plan.buffers.push_back({"transformed weights", plan.transformedBytes, pass.keepWeights ? 1 : pass.threads});
  }
  if (plan.guardBytes > 0) plan.buffers.push_back({"checksums", plan.guardBytes, 1});
  plan.buffers.push_back({"missing blocks", plan.missingRowBytes, plan.missingRows});
  plan.buffers.push_back({"input strip", plan.stagingBytes, 1});
  for (const PlannedBuffer& buffer : plan.buffers) plan.arenaBytes += buffer.rowBytes * buffer.rows;
}

}  // namespace

std::vector<int> MemoryPlan::ringRows() const {
  std::vector<int> counts;
  for (const RowLayout& row : rows) counts.push_back(row.ringRows);
  return counts;
}

MemoryPlan planMemory(const Graph& graph, const PassShape& pass, const KernelLayout& layout) {
  MemoryPlan plan{};
  std::map<std::size_t, int> classOf;
  for (const Tensor& tensor : graph.tensors) {
    RowLayout row = layoutOf(graph, tensor, pass.width, layout);
    const auto [found, isNew] = classOf.try_emplace(row.rowBytes, static_cast<int>(plan.classes.size()));
    if (isNew) plan.classes.push_back({row.rowBytes, 0, 0});
    row.slotClass = found->second;
    plan.rows.push_back(row);
    if (tensor.kind == TensorKind::kCodes) plan.borderBytes = std::max(plan.borderBytes, row.rowBytes);
  }
  simulate(graph, pass, plan);
  addSlack(graph, pass, plan);
  const int maxChannels = 4 * graph.shape.baseWidth;
  plan.scratchBytes = arenaBytes(scratchBytes(layout, maxChannels, 2 * kMaxBlockRows + 1));
  for (const LayerSpec& layer : graph.layers) {
    if (!layer.winograd) continue;
    const std::size_t bytes = transformedBytes(layer, layout.winograd);
    plan.transformedBytes = pass.keepWeights ? plan.transformedBytes + bytes : std::max(plan.transformedBytes, bytes);
    const std::size_t scratch = planWinogradScratch(layout.winograd, layer.sources[0]).bytes;
    plan.scratchBytes = std::max(plan.scratchBytes, arenaBytes(scratch));
  }
  if (pass.integrity == Integrity::kOff) plan.orders.clear();
  if (pass.integrity != Integrity::kOff) {
    plan.guardBytes =
        PassRecord::bytes(graph, {plan.ringRows(), plan.orders}) + pass.threads * Guard::bytes(graph, layout);
  }
  plan.missingRowBytes = arenaBytes(pass.width / kMaxBlockRows);
  // From the oldest row that is still to come out to the last that is being fed; both may be within a block.
  plan.missingRows = (plan.delayRows + pass.stripRows) / kMaxBlockRows + 4;
  plan.stagingBytes = arenaBytes(static_cast<std::size_t>(pass.stripRows) * pass.width * 3);
  sumUp(pass, plan);
  return plan;
}

}  // namespace perifocal
