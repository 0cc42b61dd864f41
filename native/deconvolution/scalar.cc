// Plain C++, any CPU.
#include "deconvolution/template.h"

namespace perifocal {
namespace {

#include "simd/floats_scalar.h"

#include "deconvolution/math.inl"
#include "deconvolution/rows.inl"
#include "deconvolution/shrink.inl"
#include "deconvolution/columns.inl"

}  // namespace

extern const DeconvolutionKernels kScalarDeconvolutionKernels;
const DeconvolutionKernels kScalarDeconvolutionKernels = deconvolutionKernelsOf<ScalarFloats>("scalar");

}  // namespace perifocal
