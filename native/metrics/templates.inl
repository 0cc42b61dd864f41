// All templates of this folder, in the order in which they need each other; for a unit of one instruction set.
// clang-format off
#include "metrics/read.inl"
#include "metrics/smooth.inl"
#include "metrics/similarity.inl"
#include "metrics/scene.inl"
#include "metrics/gradient.inl"
#include "metrics/table.inl"
