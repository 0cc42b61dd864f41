#include "isa/registry.h"

#include "runtime/cpu.h"

namespace perifocal {

#define ISA(symbol, floats, requirement)                             \
  extern const Kernels k##symbol##Kernels;                           \
  extern const FftKernels k##floats##FftKernels;                     \
  extern const DeconvolutionKernels k##floats##DeconvolutionKernels; \
  extern const MetricKernels k##floats##MetricKernels;               \
  extern const StarKernels k##floats##StarKernels;
#include "isa/registry.inc"
#undef ISA

const std::vector<RegisteredIsa>& registeredIsas() {
  static const std::vector<RegisteredIsa> isas = [] {
    [[maybe_unused]] const CpuFeatures& cpu = cpuFeatures();
    return std::vector<RegisteredIsa>{
#define ISA(symbol, floats, requirement)                                                 \
  {&k##symbol##Kernels,       &k##floats##FftKernels,  &k##floats##DeconvolutionKernels, \
   &k##floats##MetricKernels, &k##floats##StarKernels, requirement},
#include "isa/registry.inc"
#undef ISA
    };
  }();
  return isas;
}

const RegisteredIsa* findIsa(std::string_view name) {
  for (const RegisteredIsa& isa : registeredIsas()) {
    if (name == isa.kernels->name) return &isa;
  }
  return nullptr;
}

}  // namespace perifocal
