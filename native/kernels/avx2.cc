// AVX2: exact 16-bit multiply-adds of two channels.
#include "kernels/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

#include "kernels/isa/avx2.h"

#include "kernels/templates.inl"

}  // namespace

extern const Kernels kAvx2Kernels;
const Kernels kAvx2Kernels = kernelsOf<Avx2>();

}  // namespace perifocal
#endif
