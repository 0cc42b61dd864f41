// Turns a firing into kernel jobs and runs them. Each thread has its own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "integrity/guard.h"
#include "kernels/limits.h"
#include "network/model.h"
#include "streaming/firing.h"
#include "streaming/missing_blocks.h"
#include "streaming/row_store.h"
#include "streaming/transformed_weights.h"

namespace perifocal {

class StageRunner {
 public:
  StageRunner(const Model& model, const PassShape& pass, const MissingBlocks& missing, TransformedWeights& transformed,
              int thread);

  /// Takes a border row and scratch from `arena`.
  bool attach(const MemoryPlan& plan, Arena& arena);

  /// Runs one firing; its output rows are allocated. `residual` receives the rows of the last stage. `guard`, unless
  /// null, gets the sums to check it by.
  Status run(const Firing& firing, const RowStore& store, std::int16_t* residual, const Guard* guard = nullptr);

  /// What is wrong with the firing that has just run, if anything; notes the sums of its rows.
  std::optional<Fault> check(const Firing& firing, const RowStore& store, std::int16_t* residual, Guard& guard);

  /// What a firing of the stage makes anew when it runs again.
  void forgetWeights(const Firing& firing);

  /// Whether the transformed weights that a firing's stage has kept are what they were when a guard saw them made.
  bool holdsWeights(const Firing& firing) const;

 private:
  static constexpr int kMaxInputRows = 4 * kMaxBlockRows;
  static constexpr int kMaxJobs = 2 * kMaxBlockRows;
  /// Of 16 tiles of Winograd one at least shows a changed weight in the sums of its firing.
  static constexpr int kTellingColumns = 64;

  struct InputRows {
    std::array<const std::uint8_t*, kMaxInputRows> rows;
    int count;
  };

  void transformWeights();
  bool sumsWeights() const;
  bool prepare(const Firing& firing, const RowStore& store, std::int16_t* residual);
  bool resolve(const Firing& firing, const RowStore& store, std::int16_t* residual);
  bool resolveInput(const StageInput& input, const Firing& firing, const RowStore& store, InputRows& out);
  bool resolveAddend(const StageInput& input, const Firing& firing, const RowStore& store, int slot);
  std::vector<ConvTap> tapsOfStage(const Stage& stage) const;
  void prepareConvolution(const Stage& stage, const std::vector<ConvTap>& taps);
  void prepareTransposition(const Stage& stage, const Firing& firing);
  void prepareMultiplication(const Stage& stage);
  void prepareWinograd();
  ConvJob baseJob(const Stage& stage, int part) const;
  void compute();
  bool usesWinograd() const { return stage_->kind == StageKind::kConvolve && graph_.layers[stage_->layer].winograd; }
  void downsampleRow(int row, std::uint8_t* out) const;
  void clearMissing() const;
  bool isAsPlanned(const Firing& firing, const RowStore& store, std::int16_t* residual);
  std::uint64_t preparationDigest() const;
  std::uint64_t tapDigestOf(int stage) const;
  bool holdsMissing() const;
  std::optional<Fault> checkCopies(Guard& guard);
  bool holdsInputs(const Guard& guard) const;
  void repeatRow(int row, std::uint8_t* out) const;
  void padCodes() const;
  std::int32_t storedZero(int tensor) const {
    return model_.zeroOf(graph_.tensors[tensor]) + kernels_.layout.storedOffset;
  }

  const Model& model_;
  const Graph& graph_;
  const Kernels& kernels_;
  const PassShape pass_;
  const MissingBlocks& missing_;
  TransformedWeights& transformed_;
  const int thread_;
  std::vector<std::vector<ConvTap>> taps_;  ///< per stage; empty unless it convolves
  std::vector<std::uint64_t> tapDigests_;   ///< likewise, as `tapDigestOf` gives them
  std::byte* border_ = nullptr;
  std::size_t borderPad_ = 0;
  std::size_t borderBytes_ = 0;
  std::byte* scratch_ = nullptr;

  // The firing under way.
  const Stage* stage_ = nullptr;
  const Guard* guard_ = nullptr;
  int rowBegin_ = 0;
  int rowCount_ = 0;
  int columns_ = 0;  ///< that its jobs walk over
  std::array<InputRows, kMaxSources + 1> inputs_;
  std::array<std::array<const std::int32_t*, kMaxBlockRows>, kMaxSources> addendRows_;
  std::array<ConvAddend, kMaxSources> addends_;
  std::array<std::uint8_t*, kMaxBlockRows> codesOut_;
  std::array<std::int16_t*, kMaxBlockRows> trunkOut_;
  std::array<std::int32_t*, kMaxBlockRows> partialOut_;
  std::array<const std::int16_t*, kMaxBlockRows> trunkIn_{};
  std::array<ConvSource, kMaxSources * kMaxJobs> sources_{};
  std::array<std::array<ConvTap, 4>, kMaxJobs> phaseTaps_;
  std::array<ConvJob, kMaxJobs> jobs_;
  int jobCount_ = 0;
  MultiplyJob multiply_;
  WinogradWeights weights_;
};

}  // namespace perifocal
