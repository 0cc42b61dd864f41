// The kernels of AVX2 with registers that can be struck: as fast as long campaigns need them.
#include "faults/blows.h"
#include "kernels/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

#include "kernels/isa/avx2.h"

#include "faults/striking.inl"

#include "kernels/templates.inl"

}  // namespace

extern const Kernels kStrikingAvx2Kernels;
const Kernels kStrikingAvx2Kernels = kernelsOf<Striking<Avx2>>();

}  // namespace perifocal
#endif
