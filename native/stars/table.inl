// All functions of a unit. Include inside the unit's anonymous namespace, last.

static_assert(kLanes == kPointLanes);

constexpr StarKernels starKernels(const char* name) { return {name, sampleStreak, sampleLags, accumulate}; }
