#include "faults/strike.h"

namespace perifocal::faults {

const char* nameOf(Site site) {
  constexpr const char* kNames[kSites] = {"packed weights",
                                          "transformed weights",
                                          "epilogue tables",
                                          "check tables",
                                          "rows of codes",
                                          "trunk rows",
                                          "partial sums",
                                          "sums of rows",
                                          "products",
                                          "accumulators",
                                          "V",
                                          "M",
                                          "sums of threads",
                                          "epilogues",
                                          "job numbers",
                                          "row tables",
                                          "ring indices",
                                          "schedule"};
  return kNames[static_cast<int>(site)];
}

Kind kindOf(Site site) {
  if (site < Site::kProducts) return Kind::kMemory;
  return site < Site::kJob ? Kind::kRegister : Kind::kControl;
}

}  // namespace perifocal::faults
