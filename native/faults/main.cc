// perifocal-faults: flips bits in passes and counts what becomes of them (docs/integrity.md). Never part of a package.
//   perifocal-faults tiny [every]          every bit, or every so many, of the packed weights of a tiny network
//   perifocal-faults random BASE RUNS      so many random flips of each target
//   perifocal-faults double BASE RUNS      two flips within one call of a kernel
//   perifocal-faults clean FIRINGS         as many firings without a fault, and the alarms that they raise
//   perifocal-faults all                   all of these, as docs/integrity.md has them
// With --mode off|checked|full, --size N, --seed N, --only TARGET. Prints Markdown tables.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "checks/emulated.h"
#include "faults/campaign.h"
#include "isa/registry.h"

namespace perifocal::faults {
namespace {

/// Of the long form: some 30,000 flips of each base.
constexpr int kRuns = 1200;
/// A process for each strike at control state takes longer than a pass.
constexpr int kControlShare = 8;
constexpr std::int64_t kFirings = 1'000'000;

/// Passes of a network of this base for each site, and the bits that flip in each.
struct Rounds {
  int base, runs, flips;
};

struct Request {
  std::vector<std::string> words;
  Integrity integrity = Integrity::kChecked;
  int size = 16;
  std::uint64_t seed = 1;
  std::string only;

  Request(int argc, char** argv);
  std::int64_t number(std::size_t index, std::int64_t otherwise) const {
    return index < words.size() ? std::atoll(words[index].c_str()) : otherwise;
  }
};

Request::Request(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name.rfind("--", 0) != 0 || i + 1 == argc) {
      words.push_back(name);
      continue;
    }
    const std::string value = argv[++i];
    if (name == "--mode") {
      integrity = value == "off" ? Integrity::kOff : value == "full" ? Integrity::kFull : Integrity::kChecked;
    }
    if (name == "--size") size = std::atoi(value.c_str());
    if (name == "--seed") seed = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "--only") only = value;
  }
}

const Kernels& nativeKernels() {
  for (const RegisteredIsa& isa : registeredIsas()) {
    if (isa.supported) return *isa.kernels;
  }
  return *registeredIsas().back().kernels;
}

/// Sides are multiples of 4.
Setting settingOf(const Request& request, int base, bool winograd) {
  Setting setting;
  setting.shape = {1, base};
  setting.width = setting.height = request.size;
  setting.winograd = winograd;
  setting.integrity = request.integrity;
  setting.seed = request.seed;
  return setting;
}

void printHead(const Setting& setting, const Kernels& kernels, const char* what) {
  std::printf("\n%s, %s: %s\n\n%s\n", nameOf(setting).c_str(), kernels.name, what, Outcomes::head().c_str());
  std::fflush(stdout);
}

using BySite = std::array<Outcomes, kSites>;

void print(const Outcomes& outcomes, const std::string& name) {
  std::printf("%s\n", outcomes.row(name).c_str());
  std::fflush(stdout);
}

/// The sites that these kernels let be struck: registers, or all others.
bool strikeSites(const Request& request, const Setting& setting, const Kernels& kernels, const Rounds& rounds,
                 BySite& all) {
  const bool registers = &kernels != &nativeKernels();
  Campaign campaign(setting, kernels);
  if (!campaign.ready()) return false;
  printHead(setting, kernels, registers ? "registers" : "memory and control state");
  for (int s = 0; s < kSites; ++s) {
    const auto site = static_cast<Site>(s);
    if ((kindOf(site) == Kind::kRegister) != registers) continue;
    if (!request.only.empty() && request.only != nameOf(site)) continue;
    const int runs = kindOf(site) == Kind::kControl ? (rounds.runs + kControlShare - 1) / kControlShare : rounds.runs;
    const Outcomes outcomes = campaign.strike(site, runs, rounds.flips);
    if (outcomes.runs() == 0) continue;
    if (!campaign.isWhole()) return false;
    all[s].add(outcomes);
    print(outcomes, nameOf(site));
  }
  return true;
}

int strikeAtRandom(const Request& request, const Rounds& rounds) {
  BySite all;
  for (bool winograd : {false, true}) {
    const Setting setting = settingOf(request, rounds.base, winograd);
    if (!strikeSites(request, setting, nativeKernels(), rounds, all)) return 1;
    for (const Kernels* kernels : fastStrikingKernels()) {
      if (!strikeSites(request, setting, *kernels, rounds, all)) return 1;
    }
  }
  std::printf("\nbase %d, all of these, %d flips each\n\n%s\n", rounds.base, rounds.flips, Outcomes::head().c_str());
  Outcomes total;
  for (int s = 0; s < kSites; ++s) {
    if (all[s].runs() > 0) print(all[s], nameOf(static_cast<Site>(s)));
    total.add(all[s]);
  }
  print(total, "all");
  return 0;
}

int strikeTiny(const Request& request, int stride) {
  for (bool winograd : {false, true}) {
    Setting setting = settingOf(request, 4, winograd);
    setting.keepWeights = false;
    Campaign campaign(setting, nativeKernels());
    if (!campaign.ready()) return 1;
    printHead(setting, nativeKernels(), "bits of packed weights, one after the other");
    print(campaign.strikeEveryWeight(stride), "packed weights");
  }
  return 0;
}

int runClean(const Request& request, std::int64_t wanted) {
  std::int64_t firings = 0, alarms = 0, passes = 0;
  for (std::uint64_t seed = request.seed; firings < wanted; ++seed) {
    for (const auto& [name, kernels] : checks::runnableKernels()) {
      if (name.find("native") == std::string::npos) continue;
      constexpr int kBases[] = {4, 8, 16, 32};
      Setting setting = settingOf(request, kBases[seed % 4], seed / 4 % 2 == 0);
      setting.seed = seed;
      setting.width = 4 * static_cast<int>(4 + seed * 7 % 13);
      setting.height = 4 * static_cast<int>(4 + seed * 5 % 11);
      setting.threads = 1 + static_cast<int>(seed % 3);
      setting.transposed = seed / 3 % 2 != 0;
      setting.keepWeights = seed / 2 % 2 != 0;
      setting.integrity = seed / 5 % 2 != 0 ? Integrity::kFull : Integrity::kChecked;
      Subject subject(setting, *kernels);
      if (!subject.load().ok()) return 1;
      arm(subject.victim(), {});
      const PassResult result = subject.pass();
      if (!result.status.ok()) return 1;
      firings += result.firings;
      alarms += result.alarms;
      ++passes;
    }
  }
  std::printf("%lld firings of %lld passes, %lld alarms\n", static_cast<long long>(firings),
              static_cast<long long>(passes), static_cast<long long>(alarms));
  return alarms == 0 ? 0 : 1;
}

int runAll(const Request& request) {
  int status = strikeTiny(request, 1);
  for (int base : {16, 32}) {
    status |= strikeAtRandom(request, {base, kRuns, 1});
    status |= strikeAtRandom(request, {base, kRuns / 8, 2});
  }
  return status | runClean(request, kFirings);
}

int run(const Request& request) {
  const std::string what = request.words.empty() ? "" : request.words[0];
  const auto number = [&](std::size_t index, int otherwise) {
    return static_cast<int>(request.number(index, otherwise));
  };
  if (what == "tiny") return strikeTiny(request, number(1, 1));
  if (what == "random") return strikeAtRandom(request, {number(1, 16), number(2, 100), 1});
  if (what == "double") return strikeAtRandom(request, {number(1, 16), number(2, 100), 2});
  if (what == "clean") return runClean(request, request.number(1, kFirings));
  if (what == "all") return runAll(request);
  std::fprintf(stderr, "usage: perifocal-faults tiny | random BASE RUNS | double BASE RUNS | clean FIRINGS | all\n");
  return 2;
}

}  // namespace
}  // namespace perifocal::faults

int main(int argc, char** argv) { return perifocal::faults::run(perifocal::faults::Request(argc, argv)); }
