#include "checks/emulated.h"

#include <cmath>
#include <functional>

#include "isa/registry.h"
#include "kernels/template.h"

namespace perifocal {
namespace {

#include "kernels/isa/emulated.h"

#include "kernels/templates.inl"

const Kernels kEmulated[] = {
    kernelsOf<Emulated<Avx512VnniShape>>(), kernelsOf<Emulated<AvxVnniShape>>(),
    kernelsOf<Emulated<Avx512Shape>>(),     kernelsOf<Emulated<Avx2Shape>>(),
    kernelsOf<Emulated<NeonI8mmShape>>(),   kernelsOf<Emulated<NeonDotprodShape>>(),
    kernelsOf<Emulated<NeonShape>>(),
};

}  // namespace

const std::vector<const Kernels*>& checks::emulatedKernels() {
  static const std::vector<const Kernels*> all = [] {
    std::vector<const Kernels*> pointers;
    for (const Kernels& kernels : kEmulated) pointers.push_back(&kernels);
    return pointers;
  }();
  return all;
}

std::vector<std::pair<std::string, const Kernels*>> checks::runnableKernels() {
  std::vector<std::pair<std::string, const Kernels*>> all;
  for (const RegisteredIsa& isa : registeredIsas()) {
    if (isa.supported) all.emplace_back(std::string(isa.kernels->name) + " (native)", isa.kernels);
  }
  for (const Kernels* kernels : emulatedKernels()) {
    const RegisteredIsa* isa = findIsa(kernels->name);
    if (isa == nullptr || !isa->supported) all.emplace_back(std::string(kernels->name) + " (emulated)", kernels);
  }
  return all;
}

}  // namespace perifocal
