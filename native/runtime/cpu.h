// What the CPU and the operating system offer.
#pragma once

#include <string>

namespace perifocal {

struct CpuFeatures {
  bool avx2 = false;  ///< with FMA
  bool avxVnni = false;
  bool avx512 = false;  ///< F, BW, VL and DQ
  bool avx512Vnni = false;
  bool dotprod = false;
  bool i8mm = false;
};

/// Detected once.
const CpuFeatures& cpuFeatures();

/// Human-readable model name, or the architecture where none is known.
std::string cpuName();

}  // namespace perifocal
