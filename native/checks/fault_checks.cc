// A short campaign of flipped bits: none that the checks of passes promise to see is silent (docs/integrity.md).
#include <string>

#include "checks/check.h"
#include "checks/emulated.h"
#include "faults/campaign.h"

namespace perifocal::checks {
namespace {

using faults::Campaign;
using faults::Kind;
using faults::Outcome;
using faults::Outcomes;
using faults::Setting;
using faults::Site;

/// `checked` sees one epilogue in four.
bool isPromised(Site site, Integrity integrity) { return site != Site::kEpilogue || integrity == Integrity::kFull; }

/// No flipped bit of this kind is silent, and all that are noticed are corrected.
void checkNoneSilent(Context& context, const Setting& setting, const Kernels& kernels, Kind kind, int runs) {
  Campaign campaign(setting, kernels);
  context.expect(campaign.ready(), "a pass without a fault fails");
  std::int64_t corrected = 0;
  for (int s = 0; s < faults::kSites; ++s) {
    const auto site = static_cast<Site>(s);
    if (kindOf(site) != kind || !isPromised(site, setting.integrity)) continue;
    const Outcomes outcomes = campaign.strike(site, runs);
    corrected += outcomes.of(Outcome::kRecomputed) + outcomes.of(Outcome::kRestarted);
    context.expect(outcomes.of(Outcome::kSilent) == 0, std::string("silent in ") + nameOf(site));
    context.expect(outcomes.of(Outcome::kError) == 0, std::string("uncorrected in ") + nameOf(site));
    context.expect(outcomes.of(Outcome::kCrashed) == 0, std::string("crashed by ") + nameOf(site));
  }
  context.expect(corrected > 0, "no flip was noticed");
  context.expect(campaign.isWhole(), "strikes have left something behind");
}

/// Without the checks, flips of weights are silent: what strikes them does strike.
void checkSilentWithout(Context& context) {
  Setting setting;
  setting.integrity = Integrity::kOff;
  Campaign campaign(setting, *runnableKernels()[0].second);
  context.expect(campaign.strike(Site::kWeights, 20).of(Outcome::kSilent) > 0, "no flip without checks is silent");
}

/// Weights that cancel let changed inputs pass: the loader tells of such cases, and they do pass.
void checkBlindCasesPass(Context& context) {
  Setting setting;
  setting.prepare = [](RandomModel& model) { model.cancel(1); };
  Campaign campaign(setting, *runnableKernels()[0].second);
  context.expect(campaign.subject().model().coverage().blindCases > 0, "blind cases are not told of");
  context.expect(campaign.strike(Site::kRows, 200).of(Outcome::kSilent) > 0, "flips that should be unseen are seen");
}

std::string whatOf(const Setting& setting) {
  return std::string(setting.winograd ? "winograd" : "direct") +
         (setting.integrity == Integrity::kFull ? ", full" : ", checked");
}

}  // namespace

std::vector<Check> faultChecks() {
  std::vector<Check> checks = {{"flipped bits are silent without checks", checkSilentWithout},
                               {"flipped bits pass where weights cancel", checkBlindCasesPass}};
  for (bool winograd : {false, true}) {
    for (Integrity integrity : {Integrity::kChecked, Integrity::kFull}) {
      Setting setting;
      setting.winograd = winograd;
      setting.integrity = integrity;
      checks.push_back({"no flipped bit of memory is silent, " + whatOf(setting), [=](Context& context) {
                          checkNoneSilent(context, setting, *runnableKernels()[0].second, Kind::kMemory, 60);
                        }});
      for (const Kernels* kernels : faults::strikingKernels()) {
        checks.push_back({"no flipped register is silent, " + whatOf(setting) + ", " + kernels->name,
                          [=](Context& context) { checkNoneSilent(context, setting, *kernels, Kind::kRegister, 25); }});
      }
    }
  }
  return checks;
}

}  // namespace perifocal::checks
