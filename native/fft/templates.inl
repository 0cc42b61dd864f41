// All templates of this folder, in the order in which they need each other; for a unit of one instruction set.
// clang-format off
#include "fft/butterflies.inl"
#include "fft/passes.inl"
#include "fft/bundles.inl"
