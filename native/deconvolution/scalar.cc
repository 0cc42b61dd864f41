// Plain C++, any CPU.
#include "deconvolution/template.h"

namespace perifocal {
namespace {

#include "simd/floats_scalar.h"

#include "deconvolution/templates.inl"

}  // namespace

extern const DeconvolutionKernels kScalarDeconvolutionKernels;
const DeconvolutionKernels kScalarDeconvolutionKernels = deconvolutionKernelsOf<ScalarFloats>("scalar");

}  // namespace perifocal
