#include "checks/emulated.h"

#include <cmath>

#include "kernels/template.h"

namespace perifocal {
namespace {

#include "kernels/isa/emulated.h"

#include "kernels/tile.inl"
#include "kernels/finish.inl"
#include "kernels/convolve.inl"

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

}  // namespace perifocal
