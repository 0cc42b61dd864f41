// One streaming pass: image rows in, residual rows out, in bounded memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "integrity/guard.h"
#include "network/model.h"
#include "runtime/arena.h"
#include "runtime/gathering.h"
#include "runtime/team.h"
#include "streaming/memory_plan.h"
#include "streaming/missing_blocks.h"
#include "streaming/row_store.h"
#include "streaming/stage_runner.h"
#include "streaming/transformed_weights.h"
#include "streaming/worklist.h"

namespace perifocal {

/// Samples of the residual buffer that the caller of push and drain provides.
constexpr std::size_t residualSamples(const PassShape& pass) {
  return static_cast<std::size_t>(pass.stripRows + kEmissionSlack) * pass.width * 3;
}

class Pipeline {
 public:
  /// Plans and maps the arena. `model` outlives the pipeline.
  static Status create(const Model& model, const PassShape& pass, std::unique_ptr<Pipeline>& out);

  const MemoryPlan& plan() const { return plan_; }
  const PassShape& pass() const { return pass_; }
  Team& team() { return team_; }
  std::size_t mappedBytes() const { return arena_.mappedBytes(); }

  /// Where the caller puts the next strip: stripRows x width x 3 bytes of RGB.
  std::uint8_t* staging() { return staging_; }

  /// Says which pixels are there of the next `count` rows to be fed of which nothing was said: width bytes each, 0
  /// where one is missing. Rows fed of which nothing was said are there whole. Fails beyond one strip.
  Status setValid(const std::uint8_t* valid, int count);

  /// Feeds `count` rows of the staging strip; writes up to stripRows + kEmissionSlack residual rows of
  /// width x 3 to `residual` and their number to `emitted`. Fails with kAborted once `cancel` was called or the team
  /// was cancelled, and then until `reset`; with kIntegrity where a firing fails its checks twice.
  Status push(int count, std::int16_t* residual, int& emitted);

  /// After the last row: emits up to limit + kMaxBlockRows - 1 more rows.
  Status drain(int limit, std::int16_t* residual, int& emitted);

  /// From any thread: makes the call under way fail soon.
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }

  void reset();

  /// What was checked and found since the pipeline was made; null where the pass has no integrity.
  const IntegrityCounters* counters();

 private:
  /// What a thread computes firings with.
  struct Lane {
    StageRunner runner;
    std::unique_ptr<Guard> guard;  ///< null without integrity
  };

  Pipeline(const Model& model, const PassShape& pass);
  Status attach();
  bool attachLanes();
  bool isChecked() const { return pass_.integrity != Integrity::kOff; }
  int rowsLeft() const;
  Status takeRow(int row, const std::uint8_t* rgb);
  Status takeBlock();
  Status list(int residualEnd);
  void receive(std::int16_t* residual);
  int rowsReceived() const { return worklist_.progress().emitted() - residualBegin_; }
  Status advance(int blocks, int limit);
  void work(int thread);
  std::optional<Worklist::Place> begin();
  void end(Worklist::Place place, const Status& status);
  Status compute(const Firing& firing, Lane& lane);
  Status computeChecked(const Firing& firing, Lane& lane);
  void checkCancelled();
  void fail(const Status& status);
  Status keep(Status status);
  void workUntilDone(Gathering::Lock& lock, Lane& lane);
  Status checkWeights();
  Status outOfPlan(const std::string& what);
  std::int16_t* residualOf(const Firing& firing) const;

  const Model& model_;
  const PassShape pass_;
  MemoryPlan plan_;
  Arena arena_;
  Team team_;
  RowStore store_;
  MissingBlocks missing_;
  TransformedWeights transformed_;
  PassRecord record_;
  std::vector<Lane> lanes_;        ///< per thread
  IntegrityCounters ownCounters_;  ///< of what is not a lane's
  IntegrityCounters counters_;     ///< of all
  std::uint8_t* staging_ = nullptr;
  int rowsTaken_ = 0;
  std::atomic<bool> cancelled_{false};

  // What the threads share while a call is under way, each with the lock of `gathering_`.
  Gathering gathering_;
  Worklist worklist_;
  int underWay_ = 0;  ///< firings
  Status status_;
  std::int16_t* residual_ = nullptr;  ///< row `residualBegin_`
  int residualBegin_ = 0;
};

}  // namespace perifocal
