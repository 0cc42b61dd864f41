// A minimal harness: named checks, a count of what passed, details of what did not.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace perifocal::checks {

/// Called by a check; the first failure of a check is kept with its explanation.
class Context {
 public:
  void expect(bool condition, const std::string& what) {
    if (!condition && failure_.empty()) failure_ = what;
  }
  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }

 private:
  std::string failure_;
};

struct Check {
  std::string name;
  std::function<void(Context&)> body;
};

std::vector<Check> faultChecks();
std::vector<Check> fftChecks();
std::vector<Check> deconvolutionChecks();
std::vector<Check> defectChecks();
std::vector<Check> solverChecks();
std::vector<Check> estimationChecks();
std::vector<Check> integrityChecks();
std::vector<Check> kernelChecks();
std::vector<Check> winogradChecks();
std::vector<Check> networkChecks();
std::vector<Check> streamingChecks();
std::vector<Check> metricChecks();
std::vector<Check> pixelChecks();
std::vector<Check> starChecks();
std::vector<Check> runtimeChecks();
std::vector<Check> controlChecks();
std::vector<Check> totalsChecks();

}  // namespace perifocal::checks
