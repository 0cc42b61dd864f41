// All templates of this folder, in the order in which they need each other; for a unit of one instruction set.
// clang-format off
#include "kernels/tile.inl"
#include "kernels/finish.inl"
#include "kernels/convolve.inl"
#include "kernels/winograd_products.inl"
#include "kernels/winograd.inl"
#include "kernels/totals.inl"
#include "kernels/entry.inl"
