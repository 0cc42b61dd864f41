#include "streaming/pipeline.h"

#include <algorithm>

namespace perifocal {
Pipeline::Pipeline(const Model& model, const PassShape& pass)
    : model_(model),
      pass_(pass),
      plan_(planMemory(model.graph(), pass, model.kernels().layout)),
      team_(pass.threads),
      schedule_(model.graph(), pass.height),
      runner_(model, pass, missing_, team_) {
  if (pass.integrity != Integrity::kOff) {
    guard_ = std::make_unique<Guard>(model, pass.integrity, pass.height, pass.threads);
  }
}

Status Pipeline::create(const Model& model, const PassShape& pass, std::unique_ptr<Pipeline>& out) {
  if (pass.integrity != Integrity::kOff && !model.checked()) {
    return {StatusCode::kInternal, "the model was loaded without the sums that integrity needs"};
  }
  std::unique_ptr<Pipeline> pipeline(new Pipeline(model, pass));
  if (Status s = pipeline->attach(); !s.ok()) return s;
  out = std::move(pipeline);
  return {};
}

Status Pipeline::attach() {
  if (!arena_.map(plan_.arenaBytes)) {
    return {StatusCode::kOutOfMemory, "cannot map " + std::to_string(plan_.arenaBytes) + " bytes"};
  }
  const bool fits =
      store_.attach(plan_, arena_) && runner_.attach(plan_, arena_) && missing_.attach(plan_, pass_.width, arena_);
  if (guard_ != nullptr) {
    std::byte* memory = arena_.take(plan_.guardBytes);
    if (memory == nullptr) return {StatusCode::kInternal, "the arena is smaller than its plan"};
    guard_->attach({plan_.ringRows(), plan_.orders}, memory);
    plan_.orders = {};
  }
  staging_ = reinterpret_cast<std::uint8_t*>(arena_.take(plan_.stagingBytes));
  if (!fits || staging_ == nullptr) return {StatusCode::kInternal, "the arena is smaller than its plan"};
  reset();
  return {};
}

void Pipeline::reset() {
  store_.reset();
  schedule_.reset();
  missing_.reset();
  if (guard_ != nullptr) guard_->rereadCode();
  firstLive_.assign(model_.graph().tensors.size(), 0);
  rowsTaken_ = 0;
  cancelled_.store(false, std::memory_order_relaxed);
}

/// Rows that can be fed at once.
int Pipeline::rowsLeft() const { return std::min(pass_.stripRows, pass_.height - rowsTaken_); }

Status Pipeline::setValid(const std::uint8_t* valid, int count) {
  const int most = rowsTaken_ + rowsLeft() - missing_.rows();
  if (count < 0 || count > most) {
    return {StatusCode::kState, "cannot take the gaps of " + std::to_string(count) + " rows: no more than " +
                                    std::to_string(most) + " can be fed"};
  }
  missing_.add(valid, count);
  return {};
}

Status Pipeline::push(int count, std::int16_t* residual, int& emitted) {
  emitted = 0;
  if (count < 0 || count > rowsLeft()) {
    return {StatusCode::kState, "cannot take " + std::to_string(count) +
                                    " rows: " + std::to_string(pass_.height - rowsTaken_) +
                                    " are left and a strip holds " + std::to_string(pass_.stripRows)};
  }
  missing_.add(nullptr, std::max(0, rowsTaken_ + count - missing_.rows()));
  for (int i = 0; i < count; ++i) {
    const std::size_t rowBytes = static_cast<std::size_t>(pass_.width) * 3;
    if (Status s = takeRow(rowsTaken_++, staging_ + i * rowBytes); !s.ok()) return s;
    // Whole blocks only, so that the order of work is the same for every strip height.
    if (rowsTaken_ % kMaxBlockRows != 0) continue;
    if (guard_ != nullptr && rowsTaken_ % Guard::kRereadRows == 0) {
      guard_->rereadCode();
      if (!runner_.holdsWeights()) return changedWeights();
    }
    clearMissing(rowsTaken_ - kMaxBlockRows);
    schedule_.addInput(kMaxBlockRows);
    if (Status s = advance(pass_.stripRows + kEmissionSlack - kMaxBlockRows, residual, emitted); !s.ok()) return s;
  }
  return {};
}

Status Pipeline::drain(int limit, std::int16_t* residual, int& emitted) {
  emitted = 0;
  if (rowsTaken_ < pass_.height) {
    return {StatusCode::kState,
            "cannot drain: " + std::to_string(pass_.height - rowsTaken_) + " input rows are missing"};
  }
  return advance(std::min(limit, pass_.stripRows), residual, emitted);
}

/// Interleaved RGB to four stored codes a pixel; the image's zero point is -128, so codes are the bytes themselves.
Status Pipeline::takeRow(int row, const std::uint8_t* rgb) {
  if (!store_.allocate(0, row)) return outOfPlan("no planned memory is left for a row of 'x'");
  auto* out = reinterpret_cast<std::uint8_t*>(store_.pixels(0, row));
  const std::uint8_t flip = model_.kernels().layout.storedOffset == 0 ? 0x80 : 0;
  for (std::ptrdiff_t x = 0; x < pass_.width; ++x) {
    for (int c = 0; c < 3; ++c) out[4 * x + c] = rgb[3 * x + c] ^ flip;
    out[4 * x + 3] = flip;
  }
  for (int c = -4; c < 0; ++c) out[c] = out[4 * static_cast<std::ptrdiff_t>(pass_.width) + 4 + c] = flip;
  return {};
}

/// In the image, nothing is black. What is missing of a row is known once its whole block is.
void Pipeline::clearMissing(int firstRow) {
  const Tensor& image = model_.graph().tensors[0];
  const std::int32_t zero = model_.zeroOf(image) + model_.kernels().layout.storedOffset;
  for (int row = firstRow; row < firstRow + kMaxBlockRows; ++row) {
    auto* pixels = reinterpret_cast<std::uint8_t*>(store_.pixels(0, row));
    missing_.clear({pixels, row, image.scale, image.channels, zero}, 0, pass_.width);
    if (guard_ != nullptr) guard_->note(0, row, pixels, pass_.width);
  }
}

/// Rows of a cancelled call are lost, so that the pass cannot go on.
bool Pipeline::isCancelled() {
  if (team_.cancelled()) cancel();
  return cancelled_.load(std::memory_order_relaxed);
}

Status Pipeline::advance(int limit, std::int16_t* residual, int& emitted) {
  while (emitted < limit) {
    if (isCancelled()) return {StatusCode::kAborted, "the pass was cancelled"};
    const auto firing = schedule_.next();
    if (!firing) return checkOrder();
    const int before = schedule_.emitted();
    const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(emitted) * pass_.width * 3;
    if (Status s = fire(*firing, residual + offset); !s.ok()) return s;
    emitted += schedule_.emitted() - before;
  }
  return {};
}

Status Pipeline::fire(const Firing& firing, std::int16_t* residual) {
  const Stage& stage = model_.graph().stages[firing.stage];
  for (int tensor : {stage.codes, stage.trunk, stage.partial}) {
    if (tensor < 0) continue;
    for (int row = firing.rowBegin; row < firing.rowEnd; ++row) {
      if (!store_.allocate(tensor, row)) {
        return outOfPlan("no planned memory is left for a row of '" + model_.graph().tensors[tensor].name + "'");
      }
    }
  }
  Status run = guard_ == nullptr ? runner_.run(firing, store_, residual) : runChecked(firing, residual);
  if (!run.ok()) return run;
  schedule_.complete(firing);
  for (const StageInput& input : stage.inputs) releaseDead(input.tensor);
  const bool ends = guard_ != nullptr && schedule_.finished();
  return ends && !runner_.holdsWeights() ? changedWeights() : Status();
}

/// What changed weights of Winograd make of few tiles may cancel in their sums: rows before may be wrong, too.
Status Pipeline::changedWeights() {
  guard_->count(Fault::kWeights);
  return {StatusCode::kIntegrity, "transformed weights have changed in memory"};
}

/// A firing that fails its checks is computed once more, from inputs that are still held.
Status Pipeline::runChecked(const Firing& firing, std::int16_t* residual) {
  constexpr int kTries = 2;
  std::optional<Fault> fault;
  for (int i = 0; i < kTries && fault != Fault::kCode; ++i) {
    guard_->begin(model_.graph().stages[firing.stage], firing.rowEnd - firing.rowBegin);
    if (Status s = runner_.run(firing, store_, residual, guard_.get()); !s.ok()) return outOfPlan(s.message());
    if (isCancelled()) return {};
    fault = runner_.check(firing, store_, residual, *guard_);
    if (!fault) {
      if (i > 0) guard_->countRecomputed();
      return {};
    }
    if (!runner_.holdsWeights(firing)) return changedWeights();
    guard_->count(*fault);
    runner_.forgetWeights(firing);
  }
  if (fault == Fault::kCode) {
    return {StatusCode::kIntegrity, "the code of the native addon has changed in memory: start a new process"};
  }
  return {StatusCode::kIntegrity,
          "stage '" + model_.graph().stages[firing.stage].name + "' fails its checks twice, by " + faultName(*fault)};
}

/// Nothing is left to do until more rows come: what was done must be what the planner has foreseen.
Status Pipeline::checkOrder() {
  if (guard_ == nullptr || guard_->isInOrder(rowsTaken_ / kMaxBlockRows, schedule_.order())) return {};
  return outOfPlan("the work was done in another order than planned");
}

/// The plan was wrong, or what is noted of rows and work has changed in memory.
Status Pipeline::outOfPlan(const std::string& what) {
  if (guard_ == nullptr) return {StatusCode::kInternal, what};
  guard_->count(Fault::kControl);
  return {StatusCode::kIntegrity, what};
}

void Pipeline::releaseDead(int tensor) {
  const int first = schedule_.firstLive(tensor);
  // No more rows than are alive at most, whatever has become of the number of the first one.
  int& row = firstLive_[tensor];
  for (row = std::max(row, first - plan_.rows[tensor].ringRows); row < first; ++row) store_.release(tensor, row);
}

}  // namespace perifocal
