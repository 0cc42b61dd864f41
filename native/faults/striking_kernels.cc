// Every register of the kernels' templates, struck once on demand: the instruction set is a template parameter. Plain
// arrays stand in for registers, so that these run on any CPU.
#include <algorithm>
#include <cmath>
#include <functional>

#include "faults/blows.h"
#include "isa/registry.h"
#include "kernels/template.h"

namespace perifocal {
namespace {

#include "kernels/isa/emulated.h"

#include "faults/striking.inl"

#include "kernels/templates.inl"

const Kernels kAsAvx512Vnni = kernelsOf<Striking<Emulated<Avx512VnniShape>>>();
const Kernels kAsNeon = kernelsOf<Striking<Emulated<NeonShape>>>();

}  // namespace

#if defined(__x86_64__)
extern const Kernels kStrikingAvx2Kernels;
#endif

std::vector<const Kernels*> faults::strikingKernels() { return {&kAsAvx512Vnni, &kAsNeon}; }

std::vector<const Kernels*> faults::fastStrikingKernels() {
#if defined(__x86_64__)
  const RegisteredIsa* avx2 = findIsa("avx2");
  if (avx2 != nullptr && avx2->supported) return {&kStrikingAvx2Kernels};
#endif
  return strikingKernels();
}

}  // namespace perifocal
