// All templates of this folder, in the order in which they need each other; for a unit of one instruction set.
// clang-format off
#include "stars/functions.inl"
#include "stars/streak.inl"
#include "stars/lags.inl"
#include "stars/normal.inl"
#include "stars/table.inl"
