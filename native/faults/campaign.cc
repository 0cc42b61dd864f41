#include "faults/campaign.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "checks/random.h"
#include "faults/mend.h"

namespace perifocal::faults {
namespace {

constexpr unsigned kLimitSeconds = 600;
constexpr rlim_t kLimitCpuSeconds = 20;
/// Exit statuses of a process begin here, so that none is mistaken for one that ended otherwise.
constexpr int kFirstStatus = 64;
constexpr int kNothing = kFirstStatus + kOutcomes;
/// Calls without the site that is wanted are drawn again, so many times for each that has it.
constexpr int kMostDraws = 50;

/// A fault that goes astray shall neither leave a core nor run for ever.
void limitProcess() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const rlimit cpu{kLimitCpuSeconds, kLimitCpuSeconds};
  setrlimit(RLIMIT_CPU, &cpu);
  alarm(kLimitSeconds);
  std::freopen("/dev/null", "w", stderr);
}

}  // namespace

Campaign::Campaign(const Setting& setting, const Kernels& kernels) : subject_(setting, kernels) {
  // The first pass transforms weights that are kept from then on: all passes of the campaign begin before it.
  if (!subject_.load().ok()) return;
  arm(subject_.victim(), {});
  const PassResult first = subject_.pass();
  calls_ = passedCalls();
  for (int s = 0; s < kSites; ++s) values_[s] = passedValues(static_cast<Site>(s));
  golden_ = first.digest;
  ready_ = first.status.ok() && first.alarms == 0 && subject_.load().ok();
}

bool Campaign::isWhole() {
  arm(subject_.victim(), {});
  const PassResult result = subject_.pass();
  return result.status.ok() && result.alarms == 0 && result.digest == golden_;
}

Outcome Campaign::runHere() {
  PassResult result = subject_.pass();
  if (!result.status.ok()) {
    if (result.status.code() != StatusCode::kIntegrity) return Outcome::kError;
    // What a model is that is read anew need not be shown each time: the one that all passes begin with.
    if (!loadsAnew_) return Outcome::kRestarted;
    // As the package does: the model is read anew, and the frame begins again.
    if (!subject_.load().ok()) return Outcome::kError;
    arm(subject_.victim(), {});
    result = subject_.pass();
    if (!result.status.ok()) return Outcome::kError;
    return result.digest == golden_ ? Outcome::kRestarted : Outcome::kSilent;
  }
  if (result.digest != golden_) return Outcome::kSilent;
  return result.alarms > 0 ? Outcome::kRecomputed : Outcome::kMasked;
}

std::optional<Outcome> Campaign::runApart(const std::function<void()>& prepare) {
  const pid_t child = fork();
  if (child == 0) {
    limitProcess();
    prepare();
    const Outcome outcome = runHere();
    _exit(outcome == Outcome::kMasked && dealtStrikes() == 0 ? kNothing : kFirstStatus + static_cast<int>(outcome));
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return Outcome::kCrashed;
  const int outcome = WEXITSTATUS(status) - kFirstStatus;
  if (WEXITSTATUS(status) == kNothing) return std::nullopt;
  return outcome < 0 || outcome >= kOutcomes ? Outcome::kCrashed : static_cast<Outcome>(outcome);
}

/// One after the other in this process, which memory that is mended after each allows: control state may end it.
std::optional<Outcome> Campaign::runMended(std::span<const Strike> strikes) {
  arm(subject_.victim(), strikes);
  const Outcome outcome = runHere();
  mend();
  if (outcome != Outcome::kMasked && !subject_.renewPipeline().ok()) return Outcome::kError;
  return outcome == Outcome::kMasked && dealtStrikes() == 0 ? std::nullopt : std::optional(outcome);
}

Outcomes Campaign::strike(Site site, int runs, int flips) {
  const bool apart = kindOf(site) == Kind::kControl;
  loadsAnew_ = apart;
  Outcomes outcomes;
  checks::Random random(subject_.setting().seed * 97 + static_cast<std::uint64_t>(site));
  const std::int64_t moments = kindOf(site) == Kind::kRegister ? values_[static_cast<int>(site)] : calls_;
  for (int i = 0; outcomes.runs() < runs && i < kMostDraws * runs && moments > 0; ++i) {
    const auto moment = static_cast<std::int64_t>((std::uint64_t{random.next()} << 32 | random.next()) % moments);
    std::array<Strike, 2> strikes{};
    for (Strike& one : strikes) one = {site, moment, random.next()};
    const auto armed = std::span(strikes).first(static_cast<std::size_t>(flips));
    const auto outcome = apart ? runApart([&] { arm(subject_.victim(), armed); }) : runMended(armed);
    if (outcome) outcomes.add(*outcome);
  }
  return outcomes;
}

Outcomes Campaign::strikeEveryWeight(int stride) {
  loadsAnew_ = false;
  Outcomes outcomes;
  std::int64_t index = 0;
  for (const std::span<std::byte> weights : subject_.packedWeights()) {
    for (std::size_t bit = 0; bit < weights.size() * 8; ++bit) {
      if (index++ % stride != 0) continue;
      weights[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
      arm(subject_.victim(), {});
      outcomes.add(runHere());
      weights[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    }
  }
  return outcomes;
}

}  // namespace perifocal::faults
