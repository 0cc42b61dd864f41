// Runs the native checks: `perifocal-checks [--native-only] [filter]...`; prints failures and a closing count. A filter
// is a part of a check's name; several must all match. `--native-only` leaves emulated registers out.
#include <cstdio>
#include <cstring>
#include <iterator>

#include "checks/check.h"
#include "checks/emulated.h"
#include "kernels/registry.h"
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

/// Whether the arguments ask for the check of this name.
bool isWanted(const std::string& name, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--native-only") == 0) {
      if (name.find("(emulated)") != std::string::npos) return false;
    } else if (name.find(argv[i]) == std::string::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  describeMachine();
  std::vector<checks::Check> all;
  for (auto make : {checks::runtimeChecks, checks::pixelChecks, checks::fftChecks, checks::kernelChecks,
                    checks::winogradChecks, checks::networkChecks, checks::streamingChecks,
                    checks::estimationChecks, checks::deconvolutionChecks, checks::solverChecks,
                    checks::metricChecks, checks::starChecks}) {
    auto some = make();
    all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  int passed = 0, failed = 0;
  for (const checks::Check& check : all) {
    if (!isWanted(check.name, argc, argv)) continue;
    checks::Context context;
    check.body(context);
    (context.failed() ? failed : passed)++;
    if (context.failed()) std::printf("FAILED %s: %s\n", check.name.c_str(), context.failure().c_str());
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
