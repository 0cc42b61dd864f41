// Flipped bits in what says which work is done, and where: none may pass without notice (docs/integrity.md).
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "checks/check.h"
#include "checks/emulated.h"
#include "checks/random_model.h"
#include "runtime/code_digest.h"
#include "streaming/pipeline.h"

namespace perifocal::checks {
namespace {

/// What strikes the job of one call of a kernel, after its work is done.
struct Blow {
  int call;    ///< which one
  int offset;  ///< byte of the job
  int bit;
  int calls = 0;
};

Blow* blow = nullptr;
decltype(Kernels::convolve) convolveInPeace = nullptr;

void convolveAndStrike(const ConvJob& job, int begin, int end, std::byte* scratch, const ConvSums* sums) {
  convolveInPeace(job, begin, end, scratch, sums);
  if (sums == nullptr || blow == nullptr || blow->calls++ != blow->call) return;
  reinterpret_cast<std::uint8_t*>(&const_cast<ConvJob&>(job))[blow->offset] ^=
      static_cast<std::uint8_t>(1 << blow->bit);
}

/// A small pass by kernels whose jobs can be struck.
class StruckPass {
 public:
  explicit StruckPass(Context& context, const Kernels& kernels) : kernels_(kernels) {
    convolveInPeace = kernels.convolve;
    kernels_.convolve = convolveAndStrike;
    const RandomModel source({1, 4}, 7);
    Status status = Model::build(source.shape(), source.tensors(), kernels_, {}, Team(1), model_, true);
    context.expect(status.ok(), status.message());
    const PassShape pass{kWidth, kHeight, false, 1, kHeight, false, Integrity::kChecked};
    if (status.ok()) status = Pipeline::create(*model_, pass, pipeline_);
    context.expect(status.ok(), status.message());
  }

  const IntegrityCounters& counters() const { return *pipeline_->counters(); }

  /// Residuals, or nothing where the pass fails.
  std::vector<std::int16_t> run() {
    const std::size_t samples = residualSamples(pipeline_->pass());
    std::vector<std::int16_t> result(2 * samples);
    pipeline_->reset();
    for (int i = 0; i < kWidth * kHeight * 3; ++i) pipeline_->staging()[i] = static_cast<std::uint8_t>(37 * i + i / 7);
    int first = 0, more = 0;
    if (!pipeline_->push(kHeight, result.data(), first).ok()) return {};
    if (!pipeline_->drain(kHeight, result.data() + first * kWidth * 3, more).ok()) return {};
    return result;
  }

 private:
  static constexpr int kWidth = 12, kHeight = 8;

  Kernels kernels_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Pipeline> pipeline_;
};

/// Bytes of a job that are no gaps between its members.
bool isMember(int offset) {
  const auto within = [offset](std::size_t begin, std::size_t bytes) {
    return offset >= static_cast<int>(begin) && offset < static_cast<int>(begin + bytes);
  };
  return !within(offsetof(ConvJob, tapCount) + sizeof(int),
                 offsetof(ConvJob, weights) - offsetof(ConvJob, tapCount) - sizeof(int)) &&
         !within(offsetof(ConvJob, copyMultiplier) + sizeof(float),
                 offsetof(ConvJob, addends) - offsetof(ConvJob, copyMultiplier) - sizeof(float)) &&
         !within(offsetof(ConvJob, addendCount) + sizeof(int),
                 offsetof(ConvJob, trunkIn) - offsetof(ConvJob, addendCount) - sizeof(int));
}

/// Every bit of a job that the kernel has just worked on is seen, and the firing is computed again.
void checkJobs(Context& context, const Kernels& kernels) {
  StruckPass pass(context, kernels);
  if (context.failed()) return;
  blow = nullptr;
  const auto expected = pass.run();
  context.expect(!expected.empty(), "a pass in peace fails");
  std::int64_t blows = 0;
  for (int offset = 0; offset < static_cast<int>(sizeof(ConvJob)) && !context.failed(); ++offset) {
    if (!isMember(offset)) continue;
    Blow one{(offset * 5) % 60, offset, offset * 3 % 8};
    blow = &one;
    context.expect(pass.run() == expected, "byte " + std::to_string(offset) + " of a job changes the result");
    ++blows;
    context.expect(pass.counters().found[static_cast<int>(Fault::kControl)] == blows,
                   "byte " + std::to_string(offset) + " of a job changes unseen");
  }
  blow = nullptr;
  context.expect(pass.counters().recomputed == blows, "not every firing was computed again");
}

alignas(4096) const std::uint8_t kConstants[4096] = {1, 2, 3};

/// Flips a bit of a constant. Returns whether constants can be written to.
bool flipConstant() {
  // Else the compiler would know what is there.
  auto* page = const_cast<volatile std::uint8_t*>(&kConstants[0]);
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  auto* begin = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(&kConstants[0]) / size * size);
  if (mprotect(begin, size, PROT_READ | PROT_WRITE) != 0) return false;
  page[100] = page[100] ^ 4;
  return mprotect(begin, size, PROT_READ) == 0;
}

int changedPieces() {
  const CodeDigest& code = CodeDigest::ofModule();
  int changed = 0;
  for (int i = 0; i < code.pieces(); ++i) changed += !code.holds(i);
  return changed;
}

/// A bit of a constant is seen, until it is what it was.
void checkCode(Context& context) {
  context.expect(CodeDigest::ofModule().pieces() > 100, "there is hardly any code");
  context.expect(changedPieces() == 0, "code seems to change");
  context.expect(flipConstant(), "cannot write to constants");
  if (context.failed()) return;
  context.expect(changedPieces() == 1, "a changed constant is not seen");
  context.expect(flipConstant() && changedPieces() == 0, "code seems to stay changed");
}

/// Code that changes when all of it has been read is seen before so many rows more have gone through twice.
void checkLongPass(Context& context) {
  constexpr int kWidth = 8, kStrip = 4;
  const RandomModel source({1, 4}, 7);
  std::unique_ptr<Model> model;
  std::unique_ptr<Pipeline> pipeline;
  const Kernels& kernels = *runnableKernels().front().second;
  Status status = Model::build(source.shape(), source.tensors(), kernels, {}, Team(1), model, true);
  if (status.ok()) {
    status = Pipeline::create(
        *model, {kWidth, 4 * PassRecord::kRereadRows, false, 1, kStrip, false, Integrity::kChecked}, pipeline);
  }
  context.expect(status.ok(), status.message());
  if (context.failed()) return;
  std::vector<std::int16_t> residual(residualSamples(pipeline->pass()));
  int row = 0, emitted = 0;
  const auto pushUntil = [&](int end) {
    for (; row < end && status.ok(); row += kStrip) status = pipeline->push(kStrip, residual.data(), emitted);
  };
  pushUntil(PassRecord::kRereadRows + kStrip);
  context.expect(status.ok(), "a pass in peace fails");
  context.expect(flipConstant(), "cannot write to constants");
  pushUntil(3 * PassRecord::kRereadRows);
  context.expect(flipConstant(), "cannot write to constants");
  context.expect(!status.ok() && pipeline->counters()->found[static_cast<int>(Fault::kCode)] == 1,
                 "code that changes in the middle of a pass is not seen");
}

}  // namespace

std::vector<Check> controlChecks() {
  std::vector<Check> checks = {{"changed code is seen", checkCode},
                               {"changed code is seen in a long pass", checkLongPass}};
  for (const auto& [name, kernels] : runnableKernels()) {
    const Kernels* one = kernels;
    checks.push_back({"changed jobs are seen, " + name, [=](Context& context) { checkJobs(context, *one); }});
  }
  return checks;
}

}  // namespace perifocal::checks
