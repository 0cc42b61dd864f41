#include "streaming/worklist.h"

#include <algorithm>
#include <array>

#include "kernels/limits.h"

namespace perifocal {
namespace {

std::array<int, 3> outputsOf(const Stage& stage) { return {stage.codes, stage.trunk, stage.partial}; }

}  // namespace

Worklist::Worklist(const Graph& graph, int height)
    : graph_(graph), schedule_(graph, height), progress_(graph, height) {}

void Worklist::attach(const MemoryPlan& plan) {
  layouts_ = plan.rows;
  slack_.clear();
  for (const SlotClass& slotClass : plan.classes) slack_.push_back(slotClass.slack);
  reserve(plan.listed);
  reset();
}

/// A call that lists firings must not fail half-way for want of memory. Finished ones are forgotten by the group.
void Worklist::reserve(int listed) {
  const std::size_t entries = listed + 2 * kGroup;
  const std::size_t groups = entries / kGroup + 2;
  entries_.reserve(entries);
  balances_.reserve(entries * slack_.size());
  sums_.reserve(groups * slack_.size());
  peaks_.reserve(groups * slack_.size());
}

void Worklist::reset() {
  schedule_.reset();
  progress_.reset();
  entries_.clear();
  balances_.clear();
  sums_.clear();
  peaks_.clear();
  first_ = oldest_ = required_ = 0;
  orderBefore_ = 0;
  blocks_ = 0;
  heads_.assign(graph_.stages.size(), kNone);
  tails_.assign(graph_.stages.size(), kNone);
  firstLive_.assign(graph_.tensors.size(), 0);
  ahead_.assign(slack_.size(), 0);
}

void Worklist::addInput() {
  ++blocks_;
  schedule_.addInput(kMaxBlockRows);
  progress_.addInput(kMaxBlockRows);
}

bool Worklist::list(int residualEnd) {
  forgetFinished();
  while (schedule_.progress().emitted() < residualEnd) {
    const auto firing = schedule_.next();
    if (!firing) return true;
    schedule_.complete(*firing);
    append(*firing);
  }
  return !schedule_.next();
}

void Worklist::forgetFinished() {
  const Place count = (oldest_ - first_) / kGroup * kGroup;
  if (count == 0) return;
  const Place values = count * classes();
  orderBefore_ = entry(first_ + count - 1).order;
  entries_.erase(entries_.begin(), entries_.begin() + count);
  balances_.erase(balances_.begin(), balances_.begin() + values);
  sums_.erase(sums_.begin(), sums_.begin() + values / kGroup);
  peaks_.erase(peaks_.begin(), peaks_.begin() + values / kGroup);
  first_ += count;
}

void Worklist::append(const Firing& firing) {
  const Place place = end();
  if ((place - first_) % kGroup == 0) {
    sums_.resize(sums_.size() + slack_.size(), 0);
    peaks_.resize(peaks_.size() + slack_.size(), 0);
  }
  // Nothing comes after it yet.
  for (std::size_t i = peaks_.size() - slack_.size(); i < peaks_.size(); ++i) peaks_[i] = std::max(peaks_[i], 0);
  entries_.push_back({firing, blocks_, State::kListed, kNone, schedule_.order()});
  balances_.resize(balances_.size() + slack_.size(), 0);
  Place& head = heads_[firing.stage];
  Place& tail = tails_[firing.stage];
  if (isListed(head) && isListed(tail)) {
    entry(tail).next = place;
  } else {
    head = place;
  }
  tail = place;
}

void Worklist::require(int blocks, int residualEnd) {
  const int last = static_cast<int>(graph_.stages.size()) - 1;
  int emitted = progress_.emitted();
  for (required_ = oldest_; required_ < end() && emitted < residualEnd; ++required_) {
    const Entry& next = entry(required_);
    if (next.block > blocks) return;
    if (next.firing.stage == last) emitted = next.firing.rowEnd;
  }
}

std::optional<Worklist::Place> Worklist::find(const RowStore& store) const {
  // One thread's order needs no more than one thread's memory: what is oldest can always be done.
  if (entry(oldest_).state == State::kListed) return oldest_;
  for (auto head = heads_.rbegin(); head != heads_.rend(); ++head) {
    if (isListed(*head) && isReady(*head, store)) return *head;
  }
  return std::nullopt;
}

bool Worklist::isReady(Place place, const RowStore& store) const {
  const Firing& firing = at(place);
  // Residual rows beyond what is required have no place to go to.
  const bool isResidual = firing.stage == static_cast<int>(graph_.stages.size()) - 1;
  if (isResidual && place >= required_) return false;
  const bool isFirst = progress_.emitted(firing.stage) == firing.rowBegin;
  return isFirst && progress_.hasInputs(firing) && hasRoom(firing, store);
}

/// Whether what is not finished would still find all the memory that it has in one thread's order.
bool Worklist::hasRoom(const Firing& firing, const RowStore& store) const {
  const auto outputs = outputsOf(graph_.stages[firing.stage]);
  for (int tensor : outputs) {
    if (tensor < 0) continue;
    const int slotClass = layouts_[tensor].slotClass;
    const auto shares = std::count_if(outputs.begin(), outputs.end(),
                                      [&](int other) { return other >= 0 && layouts_[other].slotClass == slotClass; });
    if (ahead_[slotClass] + shares * firing.rows() > slack_[slotClass]) return false;
    for (int row = firing.rowBegin; row < firing.rowEnd; ++row) {
      if (!store.hasRoom(tensor, row)) return false;
    }
  }
  return true;
}

bool Worklist::take(Place place, RowStore& store) {
  Entry& taken = entry(place);
  const bool isNext = progress_.emitted(taken.firing.stage) == taken.firing.rowBegin;
  if (!holds(place) || !isNext || !progress_.hasInputs(taken.firing)) return false;
  for (int tensor : outputsOf(graph_.stages[taken.firing.stage])) {
    if (tensor < 0) continue;
    for (int row = taken.firing.rowBegin; row < taken.firing.rowEnd; ++row) {
      if (!store.allocate(tensor, row)) return false;
    }
    balance(place, layouts_[tensor].slotClass) += static_cast<std::int16_t>(taken.firing.rows());
  }
  taken.state = State::kTaken;
  heads_[taken.firing.stage] = taken.next;
  weigh(place);
  return true;
}

bool Worklist::finish(Place place, RowStore& store) {
  Entry& done = entry(place);
  if (!holds(place) || progress_.emitted(done.firing.stage) != done.firing.rowBegin) return false;
  progress_.complete(done.firing);
  for (const StageInput& input : graph_.stages[done.firing.stage].inputs) release(input.tensor, place, store);
  done.state = State::kFinished;
  weigh(place);
  while (oldest_ < end() && entry(oldest_).state == State::kFinished) ++oldest_;
  return true;
}

/// Whether the firing is the one that was listed.
bool Worklist::holds(Place place) const {
  const Firing& firing = at(place);
  WordDigest order(place == first_ ? orderBefore_ : entry(place - 1).order);
  order.addValues(firing.stage, firing.rowBegin, firing.rowEnd);
  return order.value() == entry(place).order;
}

/// How much memory of what is not finished is taken by what comes after it, at the worst place: what is before would
/// take no more than it does in one thread's order.
void Worklist::weigh(Place place) {
  const Place begin = (place - first_) / kGroup * kGroup;
  for (int c = 0; c < classes(); ++c) {
    if (slack_[c] == 0) continue;
    weighGroup(first_ + begin, c);
    ahead_[c] = 0;
    int after = 0;
    for (int i = static_cast<int>(sums_.size()) - classes() + c; i >= 0; i -= classes()) {
      ahead_[c] = std::max(ahead_[c], peaks_[i] + after);
      after += sums_[i];
    }
  }
}

void Worklist::weighGroup(Place begin, int slotClass) {
  constexpr int kNowhere = -(1 << 20);
  int after = 0, peak = kNowhere;
  for (Place place = std::min(begin + kGroup, end()) - 1; place >= begin; --place) {
    if (entry(place).state != State::kFinished) peak = std::max(peak, after);
    after += balance(place, slotClass);
  }
  const Place index = (begin - first_) / kGroup * classes() + slotClass;
  sums_[index] = after;
  peaks_[index] = peak;
}

void Worklist::release(int tensor, Place place, RowStore& store) {
  const RowLayout& layout = layouts_[tensor];
  const int first = progress_.firstLive(tensor);
  // No more rows than are alive at most, whatever has become of the number of the first one.
  int& row = firstLive_[tensor];
  for (row = std::max(row, first - layout.ringRows); row < first; ++row) {
    store.release(tensor, row);
    --balance(place, layout.slotClass);
  }
}

}  // namespace perifocal
