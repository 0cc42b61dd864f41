// 8 doubles as one value, which compilers split into the registers that there are: every instruction set then computes
// the same bits. Passed by reference, since how they are passed by value depends on it too. Include inside the unit's
// anonymous namespace, after kPartLanes: how many one register holds.

inline constexpr int kLanes = 8;

typedef double Doubles __attribute__((vector_size(64)));
typedef double UnalignedDoubles __attribute__((vector_size(64), aligned(8), may_alias));

/// One register. What compares lanes is done in these: compilers split comparisons of larger values into single lanes.
typedef double Part __attribute__((vector_size(8 * kPartLanes)));
typedef double UnalignedPart __attribute__((vector_size(8 * kPartLanes), aligned(8), may_alias));

PERIFOCAL_INLINE const UnalignedPart& partAt(const double* p) { return *reinterpret_cast<const UnalignedPart*>(p); }
PERIFOCAL_INLINE UnalignedPart& partAt(double* p) { return *reinterpret_cast<UnalignedPart*>(p); }

PERIFOCAL_INLINE const UnalignedDoubles& at(const double* p) { return *reinterpret_cast<const UnalignedDoubles*>(p); }
PERIFOCAL_INLINE UnalignedDoubles& at(double* p) { return *reinterpret_cast<UnalignedDoubles*>(p); }

/// In the order of the lanes.
PERIFOCAL_INLINE double sumOf(const Doubles& v) {
  double sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += v[lane];
  return sum;
}

/// Lanes from `count` on become 0.
PERIFOCAL_INLINE void keepLanes(int count, Doubles& v) {
  for (int lane = std::max(count, 0); lane < kLanes; ++lane) v[lane] = 0;
}
