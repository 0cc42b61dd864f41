// Runs the native checks: `perifocal-checks [--native-only] [--jobs N] [filter]...`; prints failures and a closing
// count. A filter is a part of a check's name; several must all match. `--native-only` leaves emulated registers out.
// `--jobs` shares the checks among so many processes.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "checks/check.h"
#include "checks/emulated.h"
#include "checks/jobs.h"
#include "isa/registry.h"
#include "runtime/cpu.h"

namespace {

using namespace perifocal;

void describeMachine() {
  std::printf("cpu: %s\n", cpuName().c_str());
  for (const Kernels* kernels : checks::emulatedKernels()) {
    const RegisteredIsa* isa = findIsa(kernels->name);
    const bool native = isa != nullptr && isa->supported;
    std::printf("isa %-12s %s\n", kernels->name, native ? "native" : "emulated registers");
  }
}

/// What the arguments ask for.
struct Request {
  bool nativeOnly = false;
  int jobs = 1;
  std::vector<const char*> filters;

  Request(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      if (std::strcmp(argv[i], "--native-only") == 0) {
        nativeOnly = true;
      } else if (std::strcmp(argv[i], "--jobs") == 0 && i + 1 < argc) {
        jobs = std::atoi(argv[++i]);
      } else {
        filters.push_back(argv[i]);
      }
    }
  }

  bool wants(const std::string& name) const {
    if (nativeOnly && name.find("(emulated)") != std::string::npos) return false;
    return std::all_of(filters.begin(), filters.end(),
                       [&](const char* filter) { return name.find(filter) != std::string::npos; });
  }
};

}  // namespace

int main(int argc, char** argv) {
  describeMachine();
  const Request request(argc, argv);
  std::vector<checks::Check> wanted;
  for (auto make :
       {checks::runtimeChecks, checks::pixelChecks, checks::fftChecks, checks::kernelChecks, checks::integrityChecks,
        checks::faultChecks, checks::winogradChecks, checks::networkChecks, checks::streamingChecks,
        checks::controlChecks, checks::totalsChecks, checks::estimationChecks, checks::deconvolutionChecks,
        checks::defectChecks, checks::solverChecks, checks::metricChecks, checks::starChecks}) {
    auto some = make();
    std::copy_if(std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()), std::back_inserter(wanted),
                 [&](const checks::Check& check) { return request.wants(check.name); });
  }
  const checks::Counts counts = checks::runChecks(wanted, request.jobs);
  std::printf("%d passed, %d failed\n", counts.passed, counts.failed);
  return counts.failed == 0 && counts.passed > 0 ? 0 : 1;
}
