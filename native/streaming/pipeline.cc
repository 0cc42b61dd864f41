#include "streaming/pipeline.h"

#include <algorithm>

namespace perifocal {
namespace {

constexpr const char* kChangedWeights = "transformed weights have changed in memory";

}  // namespace

Pipeline::Pipeline(const Model& model, const PassShape& pass)
    : model_(model),
      pass_(pass),
      plan_(planMemory(model.graph(), pass, model.kernels().layout)),
      team_(pass.threads),
      transformed_(model, pass),
      worklist_(model.graph(), pass.height) {
  lanes_.reserve(pass.threads);
  for (int thread = 0; thread < pass.threads; ++thread) {
    auto guard = isChecked() ? std::make_unique<Guard>(model, pass.integrity, pass.height, record_) : nullptr;
    lanes_.push_back({StageRunner(model, pass, missing_, transformed_, thread), std::move(guard)});
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
  const bool fits = store_.attach(plan_, arena_) && transformed_.attach(plan_, arena_) &&
                    missing_.attach(plan_, pass_.width, arena_) && attachLanes();
  staging_ = reinterpret_cast<std::uint8_t*>(arena_.take(plan_.stagingBytes));
  if (!fits || staging_ == nullptr) return {StatusCode::kInternal, "the arena is smaller than its plan"};
  worklist_.attach(plan_);
  reset();
  return {};
}

bool Pipeline::attachLanes() {
  for (Lane& lane : lanes_) {
    if (!lane.runner.attach(plan_, arena_)) return false;
  }
  if (!isChecked()) return true;
  const Graph& graph = model_.graph();
  const std::size_t guardBytes = Guard::bytes(graph, model_.kernels().layout);
  std::byte* memory = arena_.take(plan_.guardBytes);
  if (memory == nullptr) return false;
  for (Lane& lane : lanes_) {
    lane.guard->attach(memory);
    memory += guardBytes;
  }
  record_.attach(graph, {plan_.ringRows(), plan_.orders}, memory);
  plan_.orders = {};
  return true;
}

void Pipeline::reset() {
  store_.reset();
  worklist_.reset();
  missing_.reset();
  if (isChecked()) record_.rereadCode();
  rowsTaken_ = 0;
  underWay_ = 0;
  status_ = {};
  cancelled_.store(false, std::memory_order_relaxed);
}

const IntegrityCounters* Pipeline::counters() {
  if (!isChecked()) return nullptr;
  counters_ = ownCounters_;
  for (const Lane& lane : lanes_) counters_.add(lane.guard->counters());
  return &counters_;
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
  if (!status_.ok()) return status_;
  missing_.add(nullptr, std::max(0, rowsTaken_ + count - missing_.rows()));
  receive(residual);
  for (int i = 0; i < count; ++i) {
    const std::size_t rowBytes = static_cast<std::size_t>(pass_.width) * 3;
    if (Status s = keep(takeRow(rowsTaken_++, staging_ + i * rowBytes)); !s.ok()) return s;
    // Whole blocks only, so that the order of work is the same for every strip height.
    if (rowsTaken_ % kMaxBlockRows == 0) {
      if (Status s = keep(takeBlock()); !s.ok()) return s;
    }
    if (i + 1 != count && (i + 1) % kTurnRows != 0) continue;
    const int blocks = (rowsTaken_ - lagRows(pass_)) / kMaxBlockRows;
    if (Status s = keep(advance(blocks, pass_.stripRows + kEmissionSlack - kMaxBlockRows)); !s.ok()) return s;
  }
  emitted = rowsReceived();
  return {};
}

Status Pipeline::drain(int limit, std::int16_t* residual, int& emitted) {
  emitted = 0;
  if (rowsTaken_ < pass_.height) {
    return {StatusCode::kState,
            "cannot drain: " + std::to_string(pass_.height - rowsTaken_) + " input rows are missing"};
  }
  if (!status_.ok()) return status_;
  receive(residual);
  const int most = std::min(limit, pass_.stripRows);
  if (Status s = keep(list(residualBegin_ + most + lagRows(pass_))); !s.ok()) return s;
  if (Status s = keep(advance(rowsTaken_ / kMaxBlockRows, most)); !s.ok()) return s;
  emitted = rowsReceived();
  const bool isStuck = emitted == 0 && most > 0 && !worklist_.progress().finished();
  return isStuck ? keep(outOfPlan("rows are left, but no work that makes them")) : Status();
}

/// Where the rows of this call go to.
void Pipeline::receive(std::int16_t* residual) {
  residual_ = residual;
  residualBegin_ = worklist_.progress().emitted();
}

std::int16_t* Pipeline::residualOf(const Firing& firing) const {
  const bool isResidual = model_.graph().stages[firing.stage].epilogue == Epilogue::kResidual;
  return isResidual ? residual_ + static_cast<std::ptrdiff_t>(firing.rowBegin - residualBegin_) * pass_.width * 3
                    : nullptr;
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
Status Pipeline::takeBlock() {
  if (isChecked() && rowsTaken_ % PassRecord::kRereadRows == 0) {
    record_.rereadCode();
    if (Status s = checkWeights(); !s.ok()) return s;
  }
  const Tensor& image = model_.graph().tensors[0];
  const std::int32_t zero = model_.zeroOf(image) + model_.kernels().layout.storedOffset;
  for (int row = rowsTaken_ - kMaxBlockRows; row < rowsTaken_; ++row) {
    auto* pixels = reinterpret_cast<std::uint8_t*>(store_.pixels(0, row));
    missing_.clear({pixels, row, image.scale, image.channels, zero}, 0, pass_.width);
    if (isChecked()) lanes_[0].guard->note(0, row, pixels, pass_.width);
  }
  worklist_.addInput();
  // The last block alone allows more residual rows than a call can take.
  return list(worklist_.progress().emitted() + lagRows(pass_) + kTurnRows + 2 * kEmissionSlack);
}

/// Where nothing is left to list until more rows come, what is listed must be what the planner has foreseen.
Status Pipeline::list(int residualEnd) {
  const bool isAll = worklist_.list(residualEnd);
  if (!isAll || !isChecked() || record_.isInOrder(rowsTaken_ / kMaxBlockRows, worklist_.order())) return {};
  return outOfPlan("the work was listed in another order than planned");
}

/// Does all that `blocks` blocks of rows allow, until `limit` rows are emitted; and some of what else can be done.
Status Pipeline::advance(int blocks, int limit) {
  checkCancelled();
  worklist_.require(blocks, residualBegin_ + limit);
  if (!worklist_.isDone()) {
    team_.run([](void* self, int thread) { static_cast<Pipeline*>(self)->work(thread); }, this);
  }
  if (!status_.ok()) return status_;
  const bool ends = isChecked() && worklist_.progress().finished() && rowsReceived() > 0;
  return ends ? checkWeights() : Status();
}

/// What changed weights of Winograd make of few tiles may cancel in their sums: rows before may be wrong, too.
Status Pipeline::checkWeights() {
  if (transformed_.holdKept()) return {};
  ownCounters_.count(Fault::kWeights);
  return {StatusCode::kIntegrity, kChangedWeights};
}

/// One thread's part. Others must not wait for one that an exception ends.
void Pipeline::work(int thread) {
  Gathering::Lock lock = gathering_.lock();
  try {
    workUntilDone(lock, lanes_[thread]);
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    fail({StatusCode::kInternal, "no memory"});
    gathering_.wakeAll();
    throw;
  }
  gathering_.wakeAll();
}

/// Firing after firing, until all is done that is required.
void Pipeline::workUntilDone(Gathering::Lock& lock, Lane& lane) {
  while (status_.ok() && !worklist_.isDone()) {
    const auto place = begin();
    if (!place) {
      if (status_.ok()) gathering_.wait(lock);
      continue;
    }
    const Firing firing = worklist_.at(*place);
    if (gathering_.hasSleepers() && worklist_.find(store_)) gathering_.wakeOne();
    lock.unlock();
    const Status status = compute(firing, lane);
    lock.lock();
    end(*place, status);
  }
}

/// The firing to compute next, or nothing until another thread has finished one, or at an error.
std::optional<Worklist::Place> Pipeline::begin() {
  checkCancelled();
  if (!status_.ok()) return std::nullopt;
  const auto place = worklist_.find(store_);
  if (!place && underWay_ == 0) fail(outOfPlan("nothing can be done of what is left to do"));
  if (!place) return std::nullopt;
  if (!worklist_.take(*place, store_)) {
    fail(outOfPlan("no planned memory is left for a row, or the list of work has changed"));
    return std::nullopt;
  }
  ++underWay_;
  return place;
}

void Pipeline::end(Worklist::Place place, const Status& status) {
  --underWay_;
  gathering_.change();
  if (!status.ok()) return fail(status);
  if (!worklist_.finish(place, store_)) fail(outOfPlan("the list of work has changed"));
}

/// Rows of a cancelled call are lost, so that the pass cannot go on.
void Pipeline::checkCancelled() {
  if (team_.cancelled()) cancel();
  if (cancelled_.load(std::memory_order_relaxed)) fail({StatusCode::kAborted, "the pass was cancelled"});
}

/// The first error stays until `reset`.
void Pipeline::fail(const Status& status) {
  if (status_.ok()) status_ = status;
  gathering_.change();
}

/// Rows of a call that fails are lost, so that the pass cannot go on.
Status Pipeline::keep(Status status) {
  if (!status.ok()) fail(status);
  return status;
}

Status Pipeline::compute(const Firing& firing, Lane& lane) {
  return isChecked() ? computeChecked(firing, lane) : lane.runner.run(firing, store_, residualOf(firing));
}

/// A firing that fails its checks is computed once more, from inputs that are still held.
Status Pipeline::computeChecked(const Firing& firing, Lane& lane) {
  constexpr int kTries = 2;
  const Stage& stage = model_.graph().stages[firing.stage];
  std::int16_t* residual = residualOf(firing);
  std::optional<Fault> fault;
  for (int i = 0; i < kTries && fault != Fault::kCode; ++i) {
    lane.guard->begin(stage, firing.rows());
    if (Status s = lane.runner.run(firing, store_, residual, lane.guard.get()); !s.ok()) {
      lane.guard->count(Fault::kControl);
      return {StatusCode::kIntegrity, s.message()};
    }
    fault = lane.runner.check(firing, store_, residual, *lane.guard);
    if (!fault) {
      if (i > 0) lane.guard->countRecomputed();
      return {};
    }
    if (!lane.runner.holdsWeights(firing)) {
      lane.guard->count(Fault::kWeights);
      return {StatusCode::kIntegrity, kChangedWeights};
    }
    lane.guard->count(*fault);
    lane.runner.forgetWeights(firing);
  }
  if (fault == Fault::kCode) {
    return {StatusCode::kIntegrity, "the code of the native addon has changed in memory: start a new process"};
  }
  return {StatusCode::kIntegrity, "stage '" + stage.name + "' fails its checks twice, by " + faultName(*fault)};
}

/// The plan was wrong, or what is noted of rows and work has changed in memory.
Status Pipeline::outOfPlan(const std::string& what) {
  if (!isChecked()) return {StatusCode::kInternal, what};
  ownCounters_.count(Fault::kControl);
  return {StatusCode::kIntegrity, what};
}

}  // namespace perifocal
