// All templates of this folder, in the order in which they need each other; for a unit of one instruction set.
// clang-format off
#include "deconvolution/math.inl"
#include "deconvolution/rows.inl"
#include "deconvolution/outliers.inl"
#include "deconvolution/shrink.inl"
#include "deconvolution/columns.inl"
