// A moment's rest in a loop that waits.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace perifocal {

inline void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace perifocal
