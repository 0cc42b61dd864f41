// The firings of a pass that are under way or to come: in the order in which one thread would do them, but several
// threads take them as soon as they can.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "network/graph.h"
#include "streaming/memory_plan.h"
#include "streaming/progress.h"
#include "streaming/row_store.h"
#include "streaming/schedule.h"

namespace perifocal {

/// Not for several threads at once: who uses it holds a lock.
class Worklist {
 public:
  /// Place of a firing in the order of all of a pass.
  using Place = std::int64_t;

  Worklist(const Graph& graph, int height);
  void attach(const MemoryPlan& plan);
  void reset();

  /// A block of image rows exists.
  void addInput();

  /// Lists what the rows that exist allow, until the residual has `residualEnd` rows. Returns whether that is all.
  bool list(int residualEnd);

  /// What is to be done now: all that `blocks` blocks of image rows allow, until the residual has `residualEnd` rows.
  void require(int blocks, int residualEnd);
  bool isDone() const { return oldest_ >= required_; }

  /// The firing to begin with next: the oldest that is left, else the deepest that has its inputs and memory.
  std::optional<Place> find(const RowStore& store) const;

  /// Gives its rows memory. False where there is none: the plan was wrong, or what is noted here has changed in memory.
  bool take(Place place, RowStore& store);

  /// Its rows exist now; rows that nobody needs any more leave `store`. False as above.
  bool finish(Place place, RowStore& store);

  const Firing& at(Place place) const { return entry(place).firing; }
  const Progress& progress() const { return progress_; }
  /// Stands for all firings that were listed, and for their order.
  std::uint64_t order() const { return schedule_.order(); }

 private:
  enum class State : std::uint8_t { kListed, kTaken, kFinished };
  struct Entry {
    Firing firing;
    int block;  ///< of image rows, after which one thread would do it
    State state;
    Place next;           ///< firing of the same stage; kNone: none is listed yet
    std::uint64_t order;  ///< what `Schedule::order` was when it was listed
  };
  static constexpr Place kNone = -1;
  /// Entries whose balance is summed up at once.
  static constexpr Place kGroup = 64;

  Entry& entry(Place place) { return entries_[place - first_]; }
  const Entry& entry(Place place) const { return entries_[place - first_]; }
  Place end() const { return first_ + static_cast<Place>(entries_.size()); }
  int classes() const { return static_cast<int>(slack_.size()); }
  std::int16_t& balance(Place place, int slotClass) { return balances_[(place - first_) * classes() + slotClass]; }
  bool isListed(Place place) const { return place >= oldest_ && place < end(); }
  void reserve(int listed);
  void forgetFinished();
  void append(const Firing& firing);
  bool isReady(Place place, const RowStore& store) const;
  bool hasRoom(const Firing& firing, const RowStore& store) const;
  bool holds(Place place) const;
  void weigh(Place place);
  void weighGroup(Place begin, int slotClass);
  void release(int tensor, Place place, RowStore& store);

  const Graph& graph_;
  Schedule schedule_;  ///< of one thread, as far as it is listed
  Progress progress_;  ///< what is finished
  std::vector<Entry> entries_;
  std::vector<std::int16_t> balances_;  ///< per entry and class of slots: taken, less what was given back
  Place first_ = 0;                     ///< of `entries_`: a group begins there
  std::uint64_t orderBefore_ = 0;       ///< of `first_`
  Place oldest_ = 0;                    ///< that is not finished
  Place required_ = 0;                  ///< all before it are to be finished now
  int blocks_ = 0;                      ///< of image rows
  std::vector<Place> heads_, tails_;    ///< per stage: the first that is not taken, the last that is listed
  std::vector<int> firstLive_;          ///< per tensor
  std::vector<RowLayout> layouts_;      ///< per tensor
  std::vector<int> slack_;              ///< per class: slots that may be taken ahead of what is not finished
  std::vector<int> ahead_;              ///< per class: slots that are
  std::vector<int> sums_, peaks_;  ///< per group and class: the balance, and the most of its parts that begin after
                                   ///< an entry that is not finished
};

}  // namespace perifocal
